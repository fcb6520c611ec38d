import { useEffect, useEffectEvent, useState } from "react";
import { api } from "../../../lib/browser/api-client";
import { routes } from "../../../lib/routes";
import type { Task } from "./changes";
import { type LiveMessage, readLiveMessage } from "./live-message";
import { stayConnected } from "./stay-connected";

/**
 * State of the live connection: `away` if the socket could not be opened, `back` after a message
 * has arrived again. A page starts as `new`.
 */
export type Connection = "new" | "away" | "back";

/**
 * Reports changes from all of the user's devices while the page is visible.
 * @param sent the list that the server rendered into the page
 */
export function useLiveTasks(sent: Task[], onMessage: (message: LiveMessage) => void): Connection {
  const [connection, setConnection] = useState<Connection>("new");
  const tell = useEffectEvent((message: LiveMessage | undefined) => {
    if (message) onMessage(message);
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: a list that was fetched again may be older than what has been heard; a new socket begins with one that is not
  useEffect(() => {
    let heard = 0;

    /**
     * Finds out why the socket was refused, with an ordinary request. If the session has ended, the
     * request leads to the sign-in page. Otherwise it returns the list.
     */
    async function ask() {
      const before = heard;
      const tasks = await api.get("/api/tasks").catch(() => undefined);
      // If a socket has delivered a message in the meantime, that is newer than this list.
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
