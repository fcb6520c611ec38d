import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, expect, it, test } from "vitest";
import { WebSocket } from "ws";
import { type FullStack, startFullStack } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";

/**
 * FastAPI's WebSocket through the gate, with `next start`. `tests/attack/boundary` tests what the
 * upstream receives.
 */

let stack: FullStack;
let ada: Visitor;
let people = 0;

beforeAll(async () => {
  stack = await startFullStack();
});
afterAll(() => stack?.stop());
beforeEach(async () => {
  ada = await newcomer();
});

async function newcomer(): Promise<Visitor> {
  const visitor = new Visitor(stack.origin);
  await visitor.signUp(`ada-${++people}@example.com`);
  return visitor;
}

const PATH = "/backend/api/tasks/live";

/** Opens a socket like the app's page. Returns it with a function that reads its messages. */
async function openLive(visitor: Visitor) {
  const socket = new WebSocket(stack.origin.replace("http", "ws") + PATH, {
    origin: stack.origin,
    headers: { cookie: visitor.cookieHeader },
  });
  const messages: unknown[] = [];
  const waiting: ((message: unknown) => void)[] = [];
  socket.on("message", (data) => {
    const message = JSON.parse(String(data));
    const next = waiting.shift();
    if (next) next(message);
    else messages.push(message);
  });
  await once(socket, "open");
  return {
    socket,
    /** Waits for the next message. If none arrives, the test fails by its timeout. */
    hear: (): Promise<unknown> =>
      messages.length > 0
        ? Promise.resolve(messages.shift())
        : new Promise((resolve) => waiting.push(resolve)),
  };
}

function change(visitor: Visitor, method: string, id: string, body?: object): Promise<Response> {
  return visitor.fetch(`/backend/api/tasks/${id}`, {
    method,
    headers: { "content-type": "application/json", origin: stack.origin },
    ...(body && { body: JSON.stringify(body) }),
  });
}

it("a page hears its list, and what becomes of it", async () => {
  const first = await (await ada.post("/backend/api/tasks", { title: "first" })).json();
  const { socket, hear } = await openLive(ada);
  expect(await hear()).toEqual({ kind: "all", tasks: [first] });

  const second = await (await ada.post("/backend/api/tasks", { title: "second" })).json();
  expect(await hear()).toEqual({ kind: "saved", task: second });
  expect((await change(ada, "PATCH", first.id, { done: true })).status).toBe(200);
  expect(await hear()).toEqual({ kind: "saved", task: { ...first, done: true } });
  expect((await change(ada, "DELETE", first.id)).status).toBe(204);
  expect(await hear()).toEqual({ kind: "deleted", id: first.id });
  socket.terminate();
});

it("hears nothing of anybody else's", async () => {
  const grace = await newcomer();
  const live = await openLive(ada);
  expect(await live.hear()).toEqual({ kind: "all", tasks: [] });
  expect((await grace.post("/backend/api/tasks", { title: "Grace's" })).status).toBe(201);
  await ada.post("/backend/api/tasks", { title: "Ada's" });
  expect(await live.hear()).toMatchObject({ kind: "saved", task: { title: "Ada's" } });
  live.socket.terminate();
});

it("ends when FastAPI does", async () => {
  const { socket, hear } = await openLive(ada);
  await hear();
  const closed = once(socket, "close");
  await stack.stopBackend();
  try {
    await closed;
  } finally {
    await stack.restartBackend();
  }
  const again = await openLive(ada);
  expect(await again.hear()).toEqual({ kind: "all", tasks: [] });
  again.socket.terminate();
});

it("closes a page that sends more than a kilobyte before it has read it", async () => {
  const { socket, hear } = await openLive(ada);
  await hear();
  const closed = once(socket, "close");
  socket.send("x".repeat(2_000));
  // RFC 6455 §7.4.1: 1009 is for a message that is too big. After a short message, the endpoint
  // closes with 1008.
  expect((await closed)[0]).toBe(1009);
});

it("refuses one socket more than a user may have, and ends it at once", async () => {
  const open = await Promise.all(Array.from({ length: 20 }, () => openLive(ada)));
  await Promise.all(open.map(({ hear }) => hear()));
  expect(await knock({ cookie: ada.cookieHeader, origin: stack.origin })).not.toBe("open");
  const grace = await newcomer();
  expect(await knock({ cookie: grace.cookieHeader, origin: stack.origin })).toBe("open");
  for (const { socket } of open) socket.terminate();
}, 20_000);

/** The result of a handshake. If the gate refuses it, `next start` closes the connection. */
function knock(headers: Record<string, string>): Promise<string> {
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
  ["a page of ours", "open", () => ({ cookie: ada.cookieHeader, origin: stack.origin })],
  ["a program with the cookie", "open", () => ({ cookie: ada.cookieHeader })],
  ["a page of ours, signed out", "closed", () => ({ origin: stack.origin })],
  ["another site", "closed", () => ({ cookie: ada.cookieHeader, origin: "https://evil.example" })],
  [
    "a browser that names another site",
    "closed",
    () => ({ cookie: ada.cookieHeader, origin: stack.origin, "sec-fetch-site": "cross-site" }),
  ],
])(
  "a socket of %s is %s at once",
  async (_, outcome, headers) => {
    expect(await knock(headers())).toBe(outcome);
  },
  5_000,
);
