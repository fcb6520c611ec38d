import type { Api } from "../../../../lib/api/client";

/** Checked by the compiler, never run: calls that the client's types must refuse. */
export async function misuse(api: Api) {
  const { items } = await api.get("/api/tasks");
  items[0]?.title satisfies string | undefined;
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

interface ReportPaths {
  "/api/summary": {
    get: { responses: { 200: { content: { "application/json": { open: number } } } } };
  };
}

/** The client of another backend has the types of that backend alone. */
export async function misuseOther(api: Api<ReportPaths>) {
  const summary = await api.get("/api/summary");
  summary.open satisfies number;
  // @ts-expect-error this path does not exist
  await api.get("/api/tasks");
  // @ts-expect-error this path has no POST
  await api.post("/api/summary");
}
