import type { Api } from "../../../lib/api/client";

/**
 * Checked by the compiler, never run: calls that the types of the reference backend must refuse.
 */
export async function misuse(api: Api) {
  const { items } = await api.get("/api/tasks");
  const [task] = items;
  task?.title satisfies string | undefined;
  // @ts-expect-error this path does not exist
  await api.get("/api/unknown");
  // @ts-expect-error this path has no PUT
  await api.put("/api/tasks");
  // @ts-expect-error the body is missing
  await api.post("/api/tasks");
  // @ts-expect-error the body has no title
  await api.post("/api/tasks", { body: { name: "a" } });
  // @ts-expect-error the parameter of the path is missing
  await api.patch("/api/tasks/{task_id}", { body: { done: true } });
}
