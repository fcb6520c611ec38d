import { useRef, useState } from "react";
import { api } from "@/lib/browser/api-client";
import { listOf, loadUntil, type TaskList, type TaskPage, withPage } from "./task-list";

type Apply = (list: TaskList) => TaskList;

/**
 * The tasks that the page has loaded.
 * @param rendered the first page of the list, as the server rendered it
 */
export function useTaskList(rendered: TaskPage) {
  const [known, setKnown] = useState({ rendered, list: listOf(rendered) });
  // The page was rendered again. Its list is newer than the one that is kept here.
  if (known.rendered !== rendered) setKnown({ rendered, list: listOf(rendered) });
  /** For each load that is running: what has changed since it began. */
  const running = useRef(new Set<Apply[]>());
  const isLoadingMore = useRef(false);

  function set(change: Apply) {
    setKnown(({ rendered, list }) => ({ rendered, list: change(list) }));
  }

  /** Applies a live message, or a change that the server has accepted. */
  function apply(change: Apply) {
    for (const changes of running.current) changes.push(change);
    set(change);
  }

  /**
   * Loads tasks, and applies what changes meanwhile to the result: the response may be older. To
   * apply a change twice does no harm.
   */
  async function load(request: () => Promise<Apply>): Promise<void> {
    const changes: Apply[] = [];
    running.current.add(changes);
    try {
      const loaded = await request();
      set((list) => changes.reduce((current, change) => change(current), loaded(list)));
    } finally {
      running.current.delete(changes);
    }
  }

  /**
   * Replaces the list with a current one, of which this is the first page. If the list is longer, or
   * will be, loads the rest again: it may have changed too.
   */
  async function replace(page: Pick<TaskPage, "items" | "next_cursor">): Promise<void> {
    const first = listOf(page);
    const more = isLoadingMore.current ? first.tasks.length : 0;
    const count = known.list.tasks.length + more;
    if (first.nextCursor === null || count <= first.tasks.length) {
      apply(() => first);
      return;
    }
    await load(async () => {
      const list = await loadUntil(first, count).catch(() => first);
      return () => list;
    });
  }

  /**
   * Adds the next page to the list.
   * @returns whether it was the last page
   * @throws {ApiError}
   */
  async function loadMore(): Promise<boolean> {
    const cursor = known.list.nextCursor;
    if (cursor === null) return true;
    let isLast = false;
    isLoadingMore.current = true;
    try {
      await load(async () => {
        const page = await api.get("/api/tasks", { params: { query: { cursor } } });
        isLast = page.next_cursor === null;
        return (list) => withPage(list, page, cursor);
      });
    } finally {
      isLoadingMore.current = false;
    }
    return isLast;
  }

  return { list: known.list, apply, replace, loadMore };
}
