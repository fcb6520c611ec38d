import { api } from "../../../lib/api-client";
import type { Change, Task } from "./changes";

/** What a change that the server took makes of the list. */
export type Confirmed = (tasks: Task[]) => Task[];

/** @throws {ApiError} */
export async function sendChange(change: Change): Promise<Confirmed> {
  const { id, title } = change;
  switch (change.kind) {
    case "add": {
      const task = await api.post("/api/tasks", { body: { title } });
      // The page may have been fetched again in the meantime, and brought it already.
      return (tasks) => [task, ...tasks.filter((other) => other.id !== task.id)];
    }
    case "mark":
      return replaceWith(await update(id, { done: change.done }));
    case "rename":
      return replaceWith(await update(id, { title }));
    case "delete":
      await api.delete("/api/tasks/{task_id}", { params: { path: { task_id: id } } });
      return (tasks) => tasks.filter((task) => task.id !== id);
  }
}

function update(id: string, body: { done: boolean } | { title: string }): Promise<Task> {
  return api.patch("/api/tasks/{task_id}", { params: { path: { task_id: id } }, body });
}

function replaceWith(task: Task): Confirmed {
  return (tasks) => tasks.map((other) => (other.id === task.id ? task : other));
}
