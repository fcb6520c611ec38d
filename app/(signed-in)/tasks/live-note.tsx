import type { Connection } from "./use-live-tasks";

/**
 * The element is always there, so the layout does not shift when the text appears or disappears.
 */
export function LiveNote({ connection }: { connection: Connection }) {
  return (
    <p role="status" className="shrink-0">
      {connection === "away" && "Reconnecting …"}
      {connection === "back" && <span className="sr-only">Connected again.</span>}
    </p>
  );
}
