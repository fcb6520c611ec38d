import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, expect, it, test } from "vitest";
import { WebSocket } from "ws";
import { type FullStack, startFullStack } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { firstPage, openLiveTasks } from "../fixtures/live-tasks";

/**
 * FastAPI's WebSocket through the gate, with `next start`. `tests/attack/boundary.test.ts` tests
 * what the upstream receives.
 */

let stack: FullStack;
let ada: Visitor;
let people = 0;

beforeAll(async () => {
  stack = await startFullStack();
});
afterAll(() => stack?.stop());
beforeEach(async () => {
  ada = await signUpVisitor();
});

async function signUpVisitor(): Promise<Visitor> {
  const visitor = new Visitor(stack.origin);
  await visitor.signUp(`ada-${++people}@example.com`);
  return visitor;
}

const PATH = "/backend/api/tasks/live";

const openLive = (visitor: Visitor) =>
  openLiveTasks(stack.origin, PATH, { origin: stack.origin, headers: { cookie: visitor.cookieHeader } });

function change(visitor: Visitor, method: string, id: string, body?: object): Promise<Response> {
  return visitor.fetch(`/backend/api/tasks/${id}`, {
    method,
    headers: { "content-type": "application/json", origin: stack.origin },
    ...(body && { body: JSON.stringify(body) }),
  });
}

it("the socket sends the list, and then each change", async () => {
  const first = await (await ada.post("/backend/api/tasks", { title: "first" })).json();
  const { socket, receive } = await openLive(ada);
  expect(await receive()).toEqual(firstPage(first));

  const second = await (await ada.post("/backend/api/tasks", { title: "second" })).json();
  expect(await receive()).toEqual({ kind: "saved", task: second });
  expect((await change(ada, "PATCH", first.id, { done: true })).status).toBe(200);
  expect(await receive()).toEqual({ kind: "saved", task: { ...first, done: true } });
  expect((await change(ada, "DELETE", first.id)).status).toBe(204);
  expect(await receive()).toEqual({ kind: "deleted", id: first.id });
  socket.terminate();
});

it("the socket sends no changes of another user", async () => {
  const grace = await signUpVisitor();
  const live = await openLive(ada);
  expect(await live.receive()).toEqual(firstPage());
  expect((await grace.post("/backend/api/tasks", { title: "Grace's" })).status).toBe(201);
  await ada.post("/backend/api/tasks", { title: "Ada's" });
  expect(await live.receive()).toMatchObject({ kind: "saved", task: { title: "Ada's" } });
  live.socket.terminate();
});

it("the socket closes when FastAPI stops", async () => {
  const { socket, receive } = await openLive(ada);
  await receive();
  const closed = once(socket, "close");
  await stack.stopBackend();
  try {
    await closed;
  } finally {
    await stack.restartBackend();
  }
  const again = await openLive(ada);
  expect(await again.receive()).toEqual(firstPage());
  again.socket.terminate();
});

it("FastAPI closes the socket of a page that sends more than a kilobyte", async () => {
  const { socket, receive } = await openLive(ada);
  await receive();
  const closed = once(socket, "close");
  socket.send("x".repeat(2_000));
  // RFC 6455 §7.4.1: 1009 is for a message that is too big. After a short message, the endpoint
  // closes with 1008.
  expect((await closed)[0]).toBe(1009);
});

it("FastAPI refuses a 21st socket of one user, and no socket of another user", async () => {
  const open = await Promise.all(Array.from({ length: 20 }, () => openLive(ada)));
  await Promise.all(open.map(({ receive }) => receive()));
  expect(await handshake({ cookie: ada.cookieHeader, origin: stack.origin })).not.toBe("open");
  const grace = await signUpVisitor();
  expect(await handshake({ cookie: grace.cookieHeader, origin: stack.origin })).toBe("open");
  for (const { socket } of open) socket.terminate();
});

/** Returns the result of a handshake. `next start` closes the connection of a refused one. */
function handshake(headers: Record<string, string>): Promise<string> {
  const socket = new WebSocket(stack.origin.replace("http", "ws") + PATH, { headers });
  return new Promise((resolve) => {
    socket.on("open", () => {
      socket.terminate();
      resolve("open");
    });
    socket.on("unexpected-response", (_, { statusCode }) => resolve(`${statusCode}`));
    socket.on("error", () => resolve("closed"));
  });
}

// If a handshake hangs, the test fails by its timeout.
test.each<[string, string, () => Record<string, string>]>([
  ["a page of this site", "open", () => ({ cookie: ada.cookieHeader, origin: stack.origin })],
  ["a program with the session cookie", "open", () => ({ cookie: ada.cookieHeader })],
  ["a page of this site without a session", "closed", () => ({ origin: stack.origin })],
  ["a page of another site", "closed", () => ({ cookie: ada.cookieHeader, origin: "https://evil.example" })],
  [
    "a page of another site according to Sec-Fetch-Site",
    "closed",
    () => ({ cookie: ada.cookieHeader, origin: stack.origin, "sec-fetch-site": "cross-site" }),
  ],
])("the socket of %s is %s", async (_, outcome, headers) => {
  expect(await handshake(headers())).toBe(outcome);
});
