import { useRouter } from "next/navigation";
import { startTransition, useEffect, useOptimistic, useRef, useState } from "react";
import { apiErrorText, isOutcomeUnknown } from "@/app/_components/api-error-text";
import { ApiError } from "@/lib/api/client";
import { type Change, describeFailure, describeSuccess, preview, type Row, type Task } from "./changes";
import { applyMessage } from "./live-message";
import { type Confirmed, sendChange } from "./send-change";
import type { TaskPage } from "./task-list";
import { useLiveTasks } from "./use-live-tasks";
import { useTaskList } from "./use-task-list";

export interface Failure {
  change: Change;
  message: string;
}

/**
 * The visitor's changes show at once, and are undone if the server refuses them. Each change is one
 * request. Changes from other devices show too.
 * @param rendered the first page of the list, as the server rendered it
 * @param onDone called with each change that the server has accepted
 */
export function useTaskChanges(rendered: TaskPage, onDone: (change: Change) => void) {
  const { list, apply, replace, loadMore } = useTaskList(rendered);
  const [rows, show] = useOptimistic<Row[], Change>(list.tasks, preview);
  const [failures, setFailures] = useState<Failure[]>([]);
  const [announcement, setAnnouncement] = useState("");
  const saved = failures.filter(({ change }) => change.kind === "add" && includesTask(list.tasks, change.id));
  if (saved.length > 0) {
    // Only the response was lost: the server has saved the task.
    setFailures(failures.filter((failure) => !saved.includes(failure)));
    setAnnouncement(saved.map(({ change }) => describeSuccess(change)).join(" "));
  }
  const runInOrder = useOrderedRuns();
  const markChanged = useRefreshOnLeaving();

  const connection = useLiveTasks(rendered, (message) => {
    if (message.kind === "page") {
      void replace(message);
    } else {
      markChanged();
      apply((list) => applyMessage(list, message));
    }
  });

  function dismiss(id: string) {
    setFailures((all) => all.filter(({ change }) => change.id !== id));
  }

  function applyResult(confirmed: Confirmed, message: string) {
    markChanged();
    setAnnouncement(message);
    // After an await, React needs another startTransition. The preview stays until the new list is
    // on the screen.
    startTransition(() => apply((list) => ({ ...list, tasks: confirmed(list.tasks) })));
  }

  function perform(change: Change) {
    dismiss(change.id);
    startTransition(async () => {
      show(change);
      try {
        // The changes of one task reach the server in the order in which they were made. The same
        // is true of new tasks.
        const queue = change.kind === "add" ? "add" : change.id;
        // A deletion needs no text here: the notice with "Undo" reports it.
        const message = change.kind === "delete" ? "" : describeSuccess(change);
        applyResult(await runInOrder(queue, () => sendChange(change)), message);
        onDone(change);
      } catch (error) {
        if (isGone(error)) {
          const gone: Confirmed = (tasks) => tasks.filter(({ id }) => id !== change.id);
          applyResult(gone, `${change.title} was already deleted.`);
        } else {
          dismiss(change.id);
          const message = `${describeFailure(change, isOutcomeUnknown(error))} ${apiErrorText(error)}`;
          setFailures((all) => [...all, { change, message }]);
        }
      }
    });
  }

  const hasMore = list.nextCursor !== null;
  return { rows, hasMore, loadMore, failures, announcement, connection, perform, dismiss };
}

function includesTask(tasks: Task[], id: string): boolean {
  return tasks.some((task) => task.id === id);
}

/** True if the task no longer exists, for example because it was deleted in another tab. */
function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** Runs the functions of one queue one after another, even if an earlier one has failed. */
function useOrderedRuns() {
  const last = useRef(new Map<string, Promise<unknown>>());
  return <T>(queue: string, run: () => Promise<T>): Promise<T> => {
    const result = (last.current.get(queue) ?? Promise.resolve()).then(run, run);
    last.current.set(queue, result);
    return result;
  };
}

/**
 * The Back button shows pages from the router's cache. After a change, the cached tasks page and
 * dashboard are out of date, so the cache is refreshed when this page is left.
 */
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
