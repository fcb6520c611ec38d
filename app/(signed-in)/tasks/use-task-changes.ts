import { useRouter } from "next/navigation";
import { startTransition, useOptimistic, useRef, useState } from "react";
import { ApiError } from "../../../lib/api";
import { api } from "../../../lib/api-client";
import { explainError } from "../../_components/explain-error";
import { type Change, preview, type Row, sayDone, type Task } from "./changes";

export interface Failure {
  change: Change;
  message: string;
}

/**
 * Changes show at once and are taken back when the server does not agree. What is true stays with the server: after
 * each change the page is asked for again, which also keeps the router from showing an old list on Back.
 */
export function useTaskChanges(tasks: Task[]) {
  const router = useRouter();
  const [rows, show] = useOptimistic<Row[], Change>(tasks, preview);
  const [failures, setFailures] = useState<Failure[]>([]);
  const [news, setNews] = useState("");
  const lastTurns = useRef(new Map<string, Promise<unknown>>());

  /** Two changes of one task reach the server in the order in which they were made. */
  function sendInTurn(change: Change): Promise<unknown> {
    const send = () => sendChange(change);
    const turn = (lastTurns.current.get(change.id) ?? Promise.resolve()).then(send, send);
    lastTurns.current.set(change.id, turn);
    return turn;
  }

  function dismiss(id: string) {
    setFailures((all) => all.filter(({ change }) => change.id !== id));
  }

  function perform(change: Change) {
    dismiss(change.id);
    startTransition(async () => {
      show(change);
      try {
        await sendInTurn(change);
        setNews(sayDone(change));
      } catch (error) {
        if (!isGone(error)) {
          setFailures((all) => [...all, { change, message: explainError(error) }]);
          return;
        }
        setNews(`${change.title} had been deleted already.`);
      }
      // React needs the wrapper again after an await; inside it the preview stays until the new list is there.
      startTransition(() => router.refresh());
    });
  }

  return { rows, failures, news, perform, dismiss };
}

/** Deleted in another tab, say: the new list shows that best. */
function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

function sendChange(change: Change): Promise<unknown> {
  const params = { path: { task_id: change.id } };
  switch (change.kind) {
    case "add":
      return api.post("/api/tasks", { body: { title: change.title } });
    case "mark":
      return api.patch("/api/tasks/{task_id}", { params, body: { done: change.done } });
    case "rename":
      return api.patch("/api/tasks/{task_id}", { params, body: { title: change.title } });
    case "delete":
      return api.delete("/api/tasks/{task_id}", { params });
  }
}
