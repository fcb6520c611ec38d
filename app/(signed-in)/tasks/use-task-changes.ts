import { useRouter } from "next/navigation";
import { startTransition, useEffect, useOptimistic, useRef, useState } from "react";
import { ApiError } from "../../../lib/api";
import { explainError, isOutcomeUnknown } from "../../_components/explain-error";
import { type Change, preview, type Row, sayDone, sayFailed, type Task } from "./changes";
import { applyMessage } from "./live-message";
import { type Confirmed, sendChange } from "./send-change";
import { useLiveTasks } from "./use-live-tasks";

export interface Failure {
  change: Change;
  message: string;
}

/**
 * Changes show at once, and are taken back when the server does not agree. Each is one request. What is changed
 * elsewhere shows as well.
 * @param sent the list as the page brought it
 * @param onDone hears of each change that the server has taken
 */
export function useTaskChanges(sent: Task[], onDone: (change: Change) => void) {
  const [known, setKnown] = useState({ sent, tasks: sent });
  // The page was fetched again: what it brings now is newer than what has been made of the old list.
  if (known.sent !== sent) setKnown({ sent, tasks: sent });

  const [rows, show] = useOptimistic<Row[], Change>(known.tasks, preview);
  const [failures, setFailures] = useState<Failure[]>([]);
  const [news, setNews] = useState("");
  const arrived = failures.filter(({ change }) => change.kind === "add" && holds(known.tasks, change.id));
  if (arrived.length > 0) {
    // The answer was lost, and the task was not.
    setFailures(failures.filter((failure) => !arrived.includes(failure)));
    setNews(arrived.map(({ change }) => sayDone(change)).join(" "));
  }
  const takeTurn = useTurns();
  const noteChange = useRefreshOnLeaving();

  const connection = useLiveTasks(sent, (message) => {
    if (message.kind !== "all") noteChange();
    setTasks((tasks) => applyMessage(tasks, message));
  });

  function setTasks(apply: Confirmed) {
    setKnown(({ sent, tasks }) => ({ sent, tasks: apply(tasks) }));
  }

  function dismiss(id: string) {
    setFailures((all) => all.filter(({ change }) => change.id !== id));
  }

  function settle(apply: Confirmed, message: string) {
    noteChange();
    setNews(message);
    // React asks for a transition again after an await. The preview stays until this is on the screen.
    startTransition(() => setTasks(apply));
  }

  function perform(change: Change) {
    dismiss(change.id);
    startTransition(async () => {
      show(change);
      try {
        // Two changes of one task reach the server in the order in which they were made, and so do new tasks.
        const turn = change.kind === "add" ? "add" : change.id;
        // Of a deletion the notice tells that offers to undo it.
        const message = change.kind === "delete" ? "" : sayDone(change);
        settle(await takeTurn(turn, () => sendChange(change)), message);
        onDone(change);
      } catch (error) {
        if (isGone(error)) {
          const gone: Confirmed = (tasks) => tasks.filter(({ id }) => id !== change.id);
          settle(gone, `${change.title} had been deleted already.`);
        } else {
          dismiss(change.id);
          const message = `${sayFailed(change, isOutcomeUnknown(error))} ${explainError(error)}`;
          setFailures((all) => [...all, { change, message }]);
        }
      }
    });
  }

  return { rows, failures, news, connection, perform, dismiss };
}

function holds(tasks: Task[], id: string): boolean {
  return tasks.some((task) => task.id === id);
}

/** Deleted in another tab, say. */
function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** Runs what is given under one name one after the other, whether or not the one before failed. */
function useTurns() {
  const last = useRef(new Map<string, Promise<unknown>>());
  return <T>(name: string, run: () => Promise<T>): Promise<T> => {
    const turn = (last.current.get(name) ?? Promise.resolve()).then(run, run);
    last.current.set(name, turn);
    return turn;
  };
}

/** Back shows pages out of the router's memory. After a change that is old, here and on the dashboard. */
function useRefreshOnLeaving() {
  const router = useRouter();
  const changed = useRef(false);
  useEffect(
    () => () => {
      if (changed.current) router.refresh();
    },
    [router],
  );
  return () => {
    changed.current = true;
  };
}
