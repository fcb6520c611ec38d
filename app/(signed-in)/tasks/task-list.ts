import type { components } from "@/lib/api/types";
import { api } from "@/lib/browser/api-client";
import type { Task } from "./changes";

export type TaskPage = components["schemas"]["TaskPage"];

/** The newest tasks, down to some point. */
export interface TaskList {
  readonly tasks: Task[];
  /** The cursor of the older tasks. Null: the list contains all tasks. */
  readonly nextCursor: string | null;
}

/** Most tasks that FastAPI returns at once: `MAX_PAGE` in `backend/limits.py`. */
const MAX_PAGE = 200;

export function listOf({ items, next_cursor }: Pick<TaskPage, "items" | "next_cursor">): TaskList {
  return { tasks: items, nextCursor: next_cursor };
}

/**
 * Returns the list with one more page.
 * @param cursor the cursor of the page. If it is not that of the list, the list was replaced
 * meanwhile, and the page does not fit.
 */
export function withPage(list: TaskList, page: TaskPage, cursor: string): TaskList {
  if (list.nextCursor !== cursor) return list;
  const known = new Set(list.tasks.map(({ id }) => id));
  const more = page.items.filter(({ id }) => !known.has(id));
  return { tasks: [...list.tasks, ...more], nextCursor: page.next_cursor };
}

/**
 * Returns the list with more pages, until it has `count` tasks or contains all.
 * @throws {ApiError}
 */
export async function loadUntil(list: TaskList, count: number): Promise<TaskList> {
  const cursor = list.nextCursor;
  const missing = count - list.tasks.length;
  if (cursor === null || missing <= 0) return list;
  const query = { cursor, limit: Math.min(missing, MAX_PAGE) };
  const page = await api.get("/api/tasks", { params: { query } });
  return loadUntil(withPage(list, page, cursor), count);
}
