import type { Connection } from "./use-live-tasks";

/** Beside the list, in a place that is always there: nothing moves when it comes or goes. */
export function LiveNote({ connection }: { connection: Connection }) {
  return (
    <p role="status" className="shrink-0">
      {connection === "away" && "Reconnecting …"}
      {connection === "back" && <span className="sr-only">Connected again.</span>}
    </p>
  );
}
