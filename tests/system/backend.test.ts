import { afterAll, beforeAll, expect, it, test } from "vitest";
import { type FullStack, startFullStack } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";

/** End to end: the gate, a real FastAPI with PyJWT, and a real Postgres. */

let stack: FullStack;
let ada: Visitor;
let grace: Visitor;

beforeAll(async () => {
  stack = await startFullStack();
  [ada, grace] = [new Visitor(stack.origin), new Visitor(stack.origin)];
  await ada.signUp("ada@example.com", "Ada");
  await grace.signUp("grace@example.com", "Grace Ünïcode ✓");
});
afterAll(() => stack?.stop());

const json = async (response: Promise<Response>) => (await response).json();

it("FastAPI accepts the gate's token and identifies the user", async () => {
  expect(await json(ada.fetch("/backend/api/me"))).toMatchObject({ email: "ada@example.com", name: "Ada" });
  expect(await json(grace.fetch("/backend/api/me"))).toMatchObject({ name: "Grace Ünïcode ✓" });
});

it("a user can create, read, change and delete a task, and another user cannot", async () => {
  const created = await ada.post("/backend/api/tasks", { title: "  Water the plants " });
  expect(created.status).toBe(201);
  const task = (await created.json()) as { id: string; title: string; done: boolean };
  expect(task).toMatchObject({ title: "Water the plants", done: false });

  expect((await json(ada.fetch("/backend/api/tasks"))).items).toHaveLength(1);
  expect((await json(grace.fetch("/backend/api/tasks"))).items).toEqual([]);

  const path = `/backend/api/tasks/${task.id}`;
  const patch = (visitor: Visitor) =>
    visitor.fetch(path, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ done: true }),
    });
  expect((await patch(grace)).status).toBe(404);
  expect((await grace.fetch(path, { method: "DELETE" })).status).toBe(404);
  expect(await json(patch(ada))).toMatchObject({ done: true });
  expect((await ada.fetch(path, { method: "DELETE" })).status).toBe(204);
  expect((await json(ada.fetch("/backend/api/tasks"))).items).toEqual([]);
});

test.each(["/api/tasks", "/api/me"])("FastAPI itself refuses %s without a token", async (path) => {
  const response = await fetch(stack.backendUrl + path);
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
  expect(response.headers.get("cache-control")).toBe("private, no-store");
});

it("the gate forwards the 401 of a FastAPI that has another secret", async () => {
  const otherGate = await startFullStack({
    gate: { JWT_SECRET_KEY: "another-key-another-key-another-key-99" },
  });
  try {
    const visitor = new Visitor(otherGate.origin);
    await visitor.signUp("ada@example.com");
    const response = await visitor.fetch("/backend/api/me");
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect((await response.json()).code).not.toBe("gate_signed_out");
  } finally {
    await otherGate.stop();
  }
});

it("responses of the backend stay private on their way through the gate", async () => {
  const response = await ada.fetch("/backend/api/tasks");
  expect(response.headers.get("cache-control")).toBe("private, no-store");
});
