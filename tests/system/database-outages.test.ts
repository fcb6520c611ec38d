import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FullStack, startFullStack } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { COLLECT_GARBAGE } from "../fixtures/collect-garbage";
import { canPause, pause } from "../fixtures/pause";
import { type SeparateDatabase, startSeparateDatabase } from "../fixtures/separate-database";

/**
 * The database is killed, paused or slow while the app runs: no user is signed out, no data is
 * lost.
 */

let database: SeparateDatabase;
let stack: FullStack;
/** The gate has this session in its cache. */
let warm: Visitor;
/** Signed in, but the gate does not have this session in its cache. */
let cold: Visitor;
let people = 0;

beforeAll(async () => {
  database = await startSeparateDatabase();
  // The cached sessions must stay valid during a long outage.
  stack = await startFullStack({ database, gate: { SESSION_MAX_STALE_SECONDS: "600", ...COLLECT_GARBAGE } });
});
afterAll(async () => {
  await stack?.stop();
  await database?.stop();
});

async function meetVisitors(): Promise<void> {
  people += 1;
  [warm, cold] = [new Visitor(stack.origin), new Visitor(stack.origin)];
  await warm.signUp(`warm-${people}@example.com`);
  await cold.signUp(`cold-${people}@example.com`);
  expect((await warm.fetch("/backend/api/me")).status).toBe(200);
  // Without the cookie cache, only the session store knows the session.
  cold.cookies.delete("better-auth.session_data");
}

const outages: [what: string, begin: () => Promise<() => Promise<void>>][] = [
  [
    "killed",
    async () => {
      await database.kill();
      return () => database.restart();
    },
  ],
];
if (canPause) {
  outages.push([
    "paused",
    async () => {
      const resume = pause(database.pid);
      return async () => resume();
    },
  ]);
}

describe.each(outages)("while the database is %s", (_, begin) => {
  let end: () => Promise<void>;
  let cookiesBefore: string[];

  beforeAll(async () => {
    await meetVisitors();
    cookiesBefore = [warm, cold].map(({ cookieHeader }) => cookieHeader);
    end = await begin();
  });

  it("a visitor whose session is cached can use pages and send changes", async () => {
    expect((await warm.post("/backend/api/tasks", { title: "Not lost" })).status).toBe(201);
    expect(await (await warm.fetch("/backend/api/tasks")).text()).toContain("Not lost");
    const page = await warm.fetch("/device");
    expect(page.status).toBe(200);
    expect(await page.text()).toContain(`warm-${people}@example.com`);
  });

  it("a visitor whose session is not cached gets 503 from calls and pages, and keeps the cookies", async () => {
    const call = await cold.fetch("/backend/api/me");
    expect(call.status).toBe(503);
    expect(call.headers.get("content-type")).toBe("application/problem+json");
    expect(call.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await call.json()).toMatchObject({ code: "gate_session_store_unreachable", status: 503 });
    const page = await cold.fetch("/device", { headers: { accept: "text/html" } });
    expect(page.status).toBe(503);
    expect(await page.text()).toMatch(/You have not been signed out[\s\S]*Try again/);
  });

  it("a sign-in gets 503 with Retry-After", async () => {
    const response = await new Visitor(stack.origin).signIn("warm-1@example.com");
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await response.json()).toMatchObject({ code: "gate_session_store_unreachable" });
  });

  it("afterwards the same cookies work again", async () => {
    expect([warm, cold].map(({ cookieHeader }) => cookieHeader)).toEqual(cookiesBefore);
    await end();
    expect((await cold.fetch("/backend/api/me")).status).toBe(200);
    expect((await cold.fetch("/device")).status).toBe(200);
    expect(await (await warm.fetch("/backend/api/tasks")).json()).toMatchObject({
      items: [{ title: "Not lost" }],
    });
    expect((await warm.signIn(`warm-${people}@example.com`)).status).toBe(200);
  });
});

it("a slow database delays a call, and the call succeeds", async () => {
  await meetVisitors();
  const holder = new Client(database.url);
  await holder.connect();
  await holder.query("begin; lock table session in access exclusive mode");
  let isSettled = false;
  const call = cold.fetch("/backend/api/me").finally(() => {
    isSettled = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(isSettled).toBe(false);
  await holder.query("commit");
  await holder.end();
  expect((await call).status).toBe(200);
});
