import type { Task } from "./changes";

/**
 * FastAPI's messages about a user's tasks: `AllTasks`, `TaskSaved` and `TaskDeleted` in
 * `backend/models.py`.
 */
export type LiveMessage =
  /** The whole list, newest first. */
  | { kind: "all"; tasks: Task[] }
  /** Created or changed. */
  | { kind: "saved"; task: Task }
  | { kind: "deleted"; id: string };

/**
 * Returns undefined for an unknown message: a newer backend may send kinds that are unknown here.
 */
export function readLiveMessage(data: unknown): LiveMessage | undefined {
  const message = parse(data);
  if (!isRecord(message)) return undefined;
  const { kind, tasks, task, id } = message;
  if (kind === "all" && Array.isArray(tasks) && tasks.every(isTask)) return { kind, tasks };
  if (kind === "saved" && isTask(task)) return { kind, task };
  if (kind === "deleted" && typeof id === "string") return { kind, id };
  return undefined;
}

/**
 * Returns the list after the message. A message that arrives twice, or that is about this page's
 * own change, changes nothing.
 */
export function applyMessage(tasks: Task[], message: LiveMessage): Task[] {
  switch (message.kind) {
    case "all":
      return message.tasks;
    case "saved":
      return withTask(tasks, message.task);
    case "deleted":
      return tasks.filter(({ id }) => id !== message.id);
  }
}

function withTask(tasks: Task[], task: Task): Task[] {
  if (tasks.some(({ id }) => id === task.id))
    return tasks.map((other) => (other.id === task.id ? task : other));
  const older = tasks.findIndex((other) => Date.parse(other.created_at) <= Date.parse(task.created_at));
  return older < 0 ? [...tasks, task] : tasks.toSpliced(older, 0, task);
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
