import { useSyncExternalStore } from "react";

/**
 * Returns the id of the last request for the current page, from a page load or a client-side
 * navigation. A page that failed does not contain its request id. So the gate also writes the id
 * into `Server-Timing`, which scripts of the page can read (W3C Server Timing §3).
 */
export function useRequestId(): string | undefined {
  return useSyncExternalStore(watchRequests, lastRequestId, () => undefined);
}

function lastRequestId(): string | undefined {
  const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return (all as PerformanceResourceTiming[])
    .filter(({ name }) => new URL(name).pathname === location.pathname)
    .sort((one, other) => one.startTime - other.startTime)
    .flatMap(({ serverTiming = [] }) => serverTiming.filter(({ name }) => name === "request"))
    .at(-1)?.description;
}

function watchRequests(changed: () => void): () => void {
  const observer = new PerformanceObserver(changed);
  observer.observe({ type: "resource" });
  return () => observer.disconnect();
}
