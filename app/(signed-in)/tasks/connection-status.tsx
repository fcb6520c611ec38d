import type { Connection } from "./use-live-tasks";

/**
 * Shows when the page receives no live updates. The element is always there, so the layout does not
 * shift when the text appears or disappears.
 */
export function ConnectionStatus({ connection }: { connection: Connection }) {
  return (
    <p role="status" className="shrink-0">
      {connection === "disconnected" && "Reconnecting …"}
      {connection === "reconnected" && <span className="sr-only">Connected again.</span>}
    </p>
  );
}
