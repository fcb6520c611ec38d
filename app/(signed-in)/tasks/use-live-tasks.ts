import { useEffect, useEffectEvent, useState } from "react";
import { withBasePath } from "@/lib/base-path";
import { api } from "@/lib/browser/api-client";
import { routes } from "@/lib/routes";
import { type LiveMessage, readLiveMessage } from "./live-message";
import { stayConnected } from "./stay-connected";
import type { TaskPage } from "./task-list";

/**
 * State of the live connection: `disconnected` if the socket could not be opened, `reconnected`
 * after a message has arrived again. A page starts as `new`.
 */
export type Connection = "new" | "disconnected" | "reconnected";

/**
 * Reports changes from all of the user's devices while the page is visible.
 * @param rendered the first page of the list, as the server rendered it
 */
export function useLiveTasks(rendered: TaskPage, onMessage: (message: LiveMessage) => void): Connection {
  const [connection, setConnection] = useState<Connection>("new");
  const report = useEffectEvent((message: LiveMessage | undefined) => {
    if (message) onMessage(message);
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new list may be older than the live messages; a new socket starts with a current list
  useEffect(() => {
    let received = 0;

    /**
     * Finds out why the socket was refused, with an ordinary request. If the session has ended, the
     * request leads to the sign-in page. Otherwise it returns the first page of the list.
     */
    async function fetchTasks() {
      const before = received;
      const page = await api.get("/api/tasks").catch(() => undefined);
      // A message that a socket has received in the meantime is newer than this list.
      if (page && received === before) report({ kind: "page", ...page });
    }

    const disconnect = stayConnected(withBasePath(`${routes.backends[0].prefix}/api/tasks/live`, routes), {
      onMessage: (data) => {
        received += 1;
        setConnection((before) => (before === "disconnected" ? "reconnected" : before));
        report(readLiveMessage(data));
      },
      onRefused: () => {
        setConnection("disconnected");
        void fetchTasks();
      },
    });
    return () => {
      received += 1;
      disconnect();
    };
  }, [rendered]);
  return connection;
}
