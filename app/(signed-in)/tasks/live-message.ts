import type { Task } from "./changes";
import type { TaskList } from "./task-list";

/**
 * FastAPI's messages about a user's tasks: `FirstPage`, `TaskSaved` and `TaskDeleted` in
 * `backend/models.py`.
 */
export type LiveMessage =
  /** The newest tasks. `next_cursor`: see `TaskList`. */
  { kind: "page"; items: Task[]; next_cursor: string | null } | TaskMessage;

/** A message about one task. */
export type TaskMessage =
  /** Created or changed. */
  { kind: "saved"; task: Task } | { kind: "deleted"; id: string };

/**
 * Returns undefined for an unknown message: a newer backend may send kinds that are unknown here.
 */
export function readLiveMessage(data: unknown): LiveMessage | undefined {
  const message = parse(data);
  if (!isRecord(message)) return undefined;
  const { kind, items, next_cursor, task, id } = message;
  if (kind === "page" && Array.isArray(items) && items.every(isTask) && isCursor(next_cursor)) {
    return { kind, items, next_cursor };
  }
  if (kind === "saved" && isTask(task)) return { kind, task };
  if (kind === "deleted" && typeof id === "string") return { kind, id };
  return undefined;
}

/**
 * Returns the list after the message. A message that arrives twice, or that is about this page's
 * own change, changes nothing.
 */
export function applyMessage(list: TaskList, message: TaskMessage): TaskList {
  switch (message.kind) {
    case "saved":
      return withTask(list, message.task);
    case "deleted":
      return { ...list, tasks: list.tasks.filter(({ id }) => id !== message.id) };
  }
}

function withTask(list: TaskList, task: Task): TaskList {
  const { tasks, nextCursor } = list;
  if (tasks.some(({ id }) => id === task.id))
    return { ...list, tasks: tasks.map((other) => (other.id === task.id ? task : other)) };
  const older = tasks.findIndex((other) => Date.parse(other.created_at) <= Date.parse(task.created_at));
  if (older >= 0) return { ...list, tasks: tasks.toSpliced(older, 0, task) };
  // Older than the list. If there are more such tasks, this one is on a page that is not loaded.
  return nextCursor === null ? { ...list, tasks: [...tasks, task] } : list;
}

function parse(data: unknown): unknown {
  if (typeof data !== "string") return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function isTask(value: unknown): value is Task {
  return (
    isRecord(value) &&
    typeof value.id === "string" &&
    typeof value.title === "string" &&
    typeof value.done === "boolean" &&
    typeof value.created_at === "string"
  );
}

function isCursor(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
