import { useEffect, useEffectEvent, useState } from "react";
import { api } from "../../../lib/api-client";
import { routes } from "../../../lib/routes";
import type { Task } from "./changes";
import { type LiveMessage, readLiveMessage } from "./live-message";
import { stayConnected } from "./stay-connected";

/** Whether changes made elsewhere come through: `away` when no socket was to be had, `back` when one is again. */
export type Connection = "new" | "away" | "back";

/**
 * Tells of changes that are made anywhere, as long as the page is seen.
 * @param sent the list as the page brought it
 */
export function useLiveTasks(sent: Task[], onMessage: (message: LiveMessage) => void): Connection {
  const [connection, setConnection] = useState<Connection>("new");
  const tell = useEffectEvent((message: LiveMessage | undefined) => {
    if (message) onMessage(message);
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: a list that was fetched again may be older than what has been heard; a new socket begins with one that is not
  useEffect(() => {
    let heard = 0;

    /** The gate's refusal, or none: a plain request knows. It leads to sign in where that is why, else it brings the list. */
    async function ask() {
      const before = heard;
      const tasks = await api.get("/api/tasks").catch(() => undefined);
      // A socket that could be had in the meantime knows better.
      if (tasks && heard === before) tell({ kind: "all", tasks });
    }

    const disconnect = stayConnected(`${routes.backend}/api/tasks/live`, {
      onMessage: (data) => {
        heard += 1;
        setConnection((before) => (before === "away" ? "back" : before));
        tell(readLiveMessage(data));
      },
      onRefused: () => {
        setConnection("away");
        void ask();
      },
    });
    return () => {
      heard += 1;
      disconnect();
    };
  }, [sent]);
  return connection;
}
