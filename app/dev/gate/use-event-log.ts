import { useEffect, useReducer, useState } from "react";
import { withBasePath } from "@/lib/base-path";
import { inspectorPaths } from "@/lib/inspector";
import { routes } from "@/lib/routes";
import { EMPTY_LOG, updateLog } from "./event-log";

/** Receives the gate's events and the server's timings while the page is open. */
export function useEventLog() {
  const [log, update] = useReducer(updateLog, EMPTY_LOG);
  const [isLive, setLive] = useState(false);

  useEffect(() => {
    const events = new EventSource(withBasePath(inspectorPaths.events, routes));
    const timings = new EventSource(withBasePath(inspectorPaths.timings, routes));
    // The browser reconnects by itself, for example after a hot reload.
    events.onopen = () => setLive(true);
    events.onerror = () => setLive(false);
    events.onmessage = ({ data }) => update({ type: "event", event: JSON.parse(data) });
    timings.onmessage = ({ data }) => update({ type: "timing", timing: JSON.parse(data) });
    return () => {
      events.close();
      timings.close();
    };
  }, []);

  return { log, update, isLive };
}
