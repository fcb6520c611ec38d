import { SCRIPT } from "../probe";
import type { Account } from "./account";
import { assertStatus, readJson, skip, TASKS } from "./assertions";

/** The tasks of the reference backend. The checks change no other data. */

export interface Task {
  id: string;
  title: string;
}

const OTHER_TASKS = "the backend's /api/tasks is not that of the reference";

/**
 * The newest tasks of the account.
 * @throws {CheckSkipped} when the backend has no such list
 * @throws {CheckFailed} when it refuses the request
 */
export async function fetchTasks(account: Account): Promise<Task[]> {
  const response = await account.send({ path: TASKS, headers: SCRIPT });
  if (response.status === 404) skip("the backend has no GET /api/tasks");
  assertStatus(response, 200, TASKS);
  const items = readJson<{ items?: Task[] }>(response)?.items;
  return Array.isArray(items) ? items : skip(OTHER_TASKS);
}

/** Adds a task, runs `work`, and deletes the task. */
export async function withTask<T>(account: Account, work: (task: Task) => Promise<T>): Promise<T> {
  const response = await account.post(TASKS, { title: account.mark });
  if (response.status === 404 || response.status === 405) skip("the backend has no POST /api/tasks");
  if (response.status === 200 || response.status === 422) skip(OTHER_TASKS);
  assertStatus(response, 201, `a same-origin POST ${TASKS}`);
  const task = readJson<Task>(response) ?? skip(OTHER_TASKS);
  try {
    return await work(task);
  } finally {
    await account.post(`${TASKS}/${task.id}`, {}, "DELETE");
  }
}
