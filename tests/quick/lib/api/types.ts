import type { Api } from "../../../../lib/api/client";

/** Checked by the compiler, never run: calls that the client's types must refuse. */
export async function misuse(api: Api) {
  const [task] = await api.get("/api/tasks");
  task?.title satisfies string | undefined;
  // @ts-expect-error there is no such path
  await api.get("/api/unknown");
  // @ts-expect-error nor this method on it
  await api.put("/api/tasks");
  // @ts-expect-error it wants a body
  await api.post("/api/tasks");
  // @ts-expect-error of another shape
  await api.post("/api/tasks", { body: { name: "a" } });
  // @ts-expect-error and the path wants its parameter
  await api.patch("/api/tasks/{task_id}", { body: { done: true } });
}
