import { useSyncExternalStore } from "react";

/**
 * The id of the last request for the page that is shown, opened or navigated to, which a page that failed cannot tell by
 * itself: the gate writes it into `Server-Timing`, for scripts of the page to read (W3C Server Timing §3).
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
