import { api } from "@/lib/browser/api-client";
import type { Change, Task } from "./changes";

/** Applies a change that the server has accepted to the list. */
export type Confirmed = (tasks: Task[]) => Task[];

/**
 * Sends one change to the server.
 * @returns how to apply it to the list
 * @throws {ApiError}
 */
export async function sendChange(change: Change): Promise<Confirmed> {
  const { id, title } = change;
  switch (change.kind) {
    case "add": {
      const task = await api.post("/api/tasks", { body: { id, title, done: change.done } });
      // A live message may already have added the task, and a later one may have changed it.
      return (tasks) => (tasks.some((other) => other.id === id) ? tasks : [task, ...tasks]);
    }
    case "mark": {
      const { done } = await update(id, { done: change.done });
      return amend(id, { done });
    }
    case "rename": {
      const saved = await update(id, { title });
      return amend(id, { title: saved.title });
    }
    case "delete":
      await api.delete("/api/tasks/{task_id}", { params: { path: { task_id: id } } });
      return (tasks) => tasks.filter((task) => task.id !== id);
  }
}

function update(id: string, body: { done: boolean } | { title: string }): Promise<Task> {
  return api.patch("/api/tasks/{task_id}", { params: { path: { task_id: id } }, body });
}

/**
 * Applies only the fields that this page changed: another device may have changed the other fields
 * since the server wrote the response.
 */
function amend(id: string, changed: Partial<Task>): Confirmed {
  return (tasks) => tasks.map((task) => (task.id === id ? { ...task, ...changed } : task));
}
