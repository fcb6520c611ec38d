import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type App,
  type Database,
  type FullStack,
  startApp,
  startDatabase,
  startFullStack,
} from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { DATA_MAY_BE_DELETED, MAIN_BACKEND_UNREACHABLE } from "../fixtures/account-deletion";
import { COLLECT_GARBAGE } from "../fixtures/collect-garbage";
import { unpackDebian } from "../fixtures/debian";
import { canPause, pause } from "../fixtures/pause";

/**
 * FastAPI is killed, paused, slow, cut off, has a wrong clock, or has another secret. In each case
 * the visitor gets an error and stays signed in.
 */

const modes = ["rewrite", "relay"] as const;

/**
 * The response if the backend fails: with `rewrite` it is that of a guard of the server, with
 * `relay` the gate's.
 */
const expected = {
  dead: { status: 502, code: "gate_backend_unreachable" },
  silent: { status: 504, code: "gate_backend_timeout" },
} as const;

async function expectFailure(response: Response, { status, code }: { status: number; code: string }) {
  expect(response.status).toBe(status);
  expect(response.headers.getSetCookie()).toEqual([]);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
  expect(await response.json()).toMatchObject({ status, code });
}

interface Started {
  stack: FullStack;
  member: Visitor;
  /** Wants to delete the account, for which the app's server calls FastAPI. */
  leaver: Visitor;
}

const deleteAccount = (visitor: Visitor) =>
  visitor.post("/api/auth/delete-user", { password: "correct-horse-battery" });

let database: Database;
const started: Partial<Record<(typeof modes)[number], Started>> = {};

// One after the other, because one database serves all of them: a sign-up is a transaction, and no
// other one can begin meanwhile.
beforeAll(async () => {
  database = await startDatabase();
  for (const mode of modes) {
    const gate = { BACKEND_FORWARD: mode, BACKEND_TIMEOUT_SECONDS: "12", ...COLLECT_GARBAGE };
    const stack = await startFullStack({ database, gate });
    const member = new Visitor(stack.origin);
    const leaver = new Visitor(stack.origin);
    started[mode] = { stack, member, leaver };
    await member.signUp(`${mode}@example.com`);
    await leaver.signUp(`leaver-${mode}@example.com`);
    expect((await member.post("/backend/api/tasks", { title: "Kept" })).status).toBe(201);
  }
});
afterAll(async () => {
  for (const { stack } of Object.values(started)) await stack.stop();
  await database?.stop();
});

// These tests wait for timeouts, so both modes run at the same time.
describe.concurrent.each(modes)("with forwarding by %s", (forwarding) => {
  let stack: FullStack;
  let member: Visitor;
  let leaver: Visitor;

  beforeAll(() => {
    ({ stack, member, leaver } = started[forwarding] as Started);
  });

  async function expectNotDeleted(message: string) {
    const before = leaver.cookies.get("better-auth.session_token");
    const refused = await deleteAccount(leaver);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toEqual({
      code: "ACCOUNT_NOT_DELETED",
      message,
    });
    expect(leaver.cookies.get("better-auth.session_token")).toBe(before);
    expect((await leaver.fetch("/device")).status).toBe(200);
  }

  async function expectTasks() {
    expect(await (await member.fetch("/backend/api/tasks")).json()).toMatchObject({
      items: [{ title: "Kept" }],
    });
  }

  it.sequential("a killed backend is an error, and requests succeed again after its restart", async () => {
    await stack.killBackend();
    await expectFailure(await member.fetch("/backend/api/me"), expected.dead);
    await expectNotDeleted(MAIN_BACKEND_UNREACHABLE);
    await stack.restartBackend();
    await expectTasks();
  });

  it.runIf(canPause).sequential(
    "a request to a hanging backend fails after BACKEND_TIMEOUT_SECONDS, from the gate and from the app's server",
    async () => {
      const resume = pause(stack.backendPid);
      try {
        const call = member.fetch("/backend/api/me");
        // FastAPI has received the request, and may continue with it.
        await expectNotDeleted(DATA_MAY_BE_DELETED);
        await expectFailure(await call, expected.silent);
      } finally {
        resume();
      }
      await expectTasks();
      expect((await deleteAccount(leaver)).status).toBe(200);
    },
  );
});

describe.each(modes)("with another upstream and forwarding by %s", (forwarding) => {
  let upstream: Server;
  let app: App;
  let member: Visitor;

  beforeAll(async () => {
    upstream = createServer((request, response) => {
      if (request.url === "/slow") {
        setTimeout(() => response.end("slow response"), 3_000);
        return;
      }
      const length = request.url === "/broken/chunked" ? {} : { "content-length": "1000" };
      request.resume().on("end", () => {
        const status = request.url === "/broken/500" ? 500 : 200;
        response.writeHead(status, { "content-type": "text/plain", ...length });
        response.write("the start", () => setTimeout(() => request.socket.resetAndDestroy(), 100));
      });
    });
    upstream.listen(0, "127.0.0.1");
    await once(upstream, "listening");
    const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    app = await startApp({ BACKEND_URL: url, BACKEND_FORWARD: forwarding }, database);
    member = new Visitor(app.origin);
    await member.signUp(`${randomUUID()}@example.com`);
  });
  afterAll(async () => {
    await app?.stop();
    upstream?.closeAllConnections();
    upstream?.close();
  });

  it("a slow response arrives", async () => {
    expect(await (await member.fetch("/backend/slow")).text()).toBe("slow response");
  });

  it.each([
    ["of a declared length", "/backend/broken", undefined],
    ["of a declared length, to a request with a body", "/backend/broken", "text"],
    ["in chunks", "/backend/broken/chunked", undefined],
    ["in chunks, to a request with a body", "/backend/broken/chunked", "text"],
    ["of status 500", "/backend/broken/500", undefined],
  ])("a response %s that breaks off is an error for the client at once", async (_, path, body) => {
    const request = body === undefined ? {} : { method: "POST", body };
    const read = member.fetch(path, request).then((response) => response.text());
    // Before the server's keep-alive timeout of 75 seconds.
    await expect(Promise.race([read, delay(20_000)])).rejects.toThrow();
    expect(await (await member.fetch("/backend/slow")).text()).toBe("slow response");
  });
});

describe.runIf(process.platform === "linux").each([
  ["ahead of", "+60s", 200],
  ["behind", "-60s", 401],
] as const)("a backend whose clock is a minute %s the gate's", (_, offset, status) => {
  let stack: FullStack;
  let member: Visitor;

  beforeAll(async () => {
    // ld.so(8): $LIB expands to the library folder of this machine's architecture.
    const library = path.join(unpackDebian("libfaketime"), "usr/$LIB/faketime/libfaketime.so.1");
    stack = await startFullStack({
      database,
      backend: { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: "1" },
    });
    member = new Visitor(stack.origin);
    await member.signUp(`${randomUUID()}@example.com`);
  });
  afterAll(() => stack?.stop());

  it(`responds with ${status}, and the visitor stays signed in`, async () => {
    const before = member.cookieHeader;
    const response = await member.fetch("/backend/api/me");
    expect(response.status).toBe(status);
    if (status === 401) expect(await response.json()).toMatchObject({ code: "token_not_yet_valid" });
    expect(response.headers.getSetCookie()).toEqual([]);
    expect((await member.fetch("/device")).status).toBe(200);
    expect(member.cookieHeader).toBe(before);
    expect((await deleteAccount(member)).status).toBe(status === 401 ? 503 : 200);
  });
});

describe("a backend with another secret", () => {
  let stack: FullStack;
  let member: Visitor;

  beforeAll(async () => {
    stack = await startFullStack({
      database,
      backend: { JWT_SECRET_KEY: "another-key-another-key-another-key-99" },
    });
    member = new Visitor(stack.origin);
    await member.signUp(`${randomUUID()}@example.com`);
  });
  afterAll(() => stack?.stop());

  it("responds with 401, deletes no account, and the visitor stays signed in", async () => {
    const call = await member.fetch("/backend/api/me");
    expect(call.status).toBe(401);
    expect(call.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(await call.json()).toMatchObject({ code: "token_wrong_key" });
    expect((await deleteAccount(member)).status).toBe(503);
    expect((await member.fetch("/device")).status).toBe(200);
  });
});
