import { api } from "../../../lib/api-client";
import type { Change, Task } from "./changes";

/** What a change that the server took makes of the list. */
export type Confirmed = (tasks: Task[]) => Task[];

/** @throws {ApiError} */
export async function sendChange(change: Change): Promise<Confirmed> {
  const { id, title } = change;
  switch (change.kind) {
    case "add": {
      const task = await api.post("/api/tasks", { body: { id, title, done: change.done } });
      // It may have been told of already, and been changed since.
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

/** Only what was changed here: the rest may have been changed elsewhere since the answer was written. */
function amend(id: string, changed: Partial<Task>): Confirmed {
  return (tasks) => tasks.map((task) => (task.id === id ? { ...task, ...changed } : task));
}
