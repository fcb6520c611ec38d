import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startEchoUpstream } from "../support/echo-upstream";
import { type App, type Database, startApp, startDatabase } from "../support/stack";
import { Visitor } from "../support/visitor";

/** Two instances of the gate over one database: a session of one works on the other, and its end reaches both. */

const BOUND = 2;

let echo: Awaited<ReturnType<typeof startEchoUpstream>>;
let database: Database;
let one: App;
let other: App;
let strict: App;

beforeAll(async () => {
  echo = await startEchoUpstream();
  database = await startDatabase();
  // All three are one deployment: the same origin, behind a proxy that shares the load out.
  const env = { BACKEND_URL: echo.url, BETTER_AUTH_URL: "http://127.0.0.1:3000" };
  one = await startApp({ ...env, SESSION_MAX_STALE_SECONDS: String(BOUND) }, database);
  other = await startApp({ ...env, SESSION_MAX_STALE_SECONDS: String(BOUND) }, database);
  strict = await startApp({ ...env, SESSION_MAX_STALE_SECONDS: "0" }, database);
});
afterAll(async () => {
  await one?.stop();
  await other?.stop();
  await strict?.stop();
  await database?.stop();
  await echo?.stop();
});

const PROXY = "http://127.0.0.1:3000";
let people = 0;

/** A member, and a copy of the cookies, as a thief or a second browser would hold it. */
async function signUp(app: App): Promise<{ member: Visitor; copy: string }> {
  const member = new Visitor(app.origin);
  await member.post(
    "/api/auth/sign-up/email",
    { email: `member-${++people}@example.com`, name: "Member", password: "correct-horse-battery" },
    { origin: PROXY },
  );
  return { member, copy: member.cookieHeader };
}

const statusAt = async (app: App, cookie: string) =>
  (await fetch(`${app.origin}/backend/x`, { headers: { cookie } })).status;

/** Milliseconds until the gate refuses the cookies. */
async function refusedAfter(app: App, cookie: string): Promise<number> {
  const started = performance.now();
  while ((await statusAt(app, cookie)) === 200) await new Promise((resolve) => setTimeout(resolve, 20));
  return performance.now() - started;
}

it("a session of one instance works on the other", async () => {
  const { copy } = await signUp(one);
  expect(await statusAt(other, copy)).toBe(200);
});

describe("after a sign-out", () => {
  it("the instance that it passed refuses a copy of the cookies at once, the other within the bound", async () => {
    const { member, copy } = await signUp(one);
    expect(await statusAt(one, copy)).toBe(200);
    expect(await statusAt(other, copy)).toBe(200);

    expect((await member.post("/api/auth/sign-out", {}, { origin: PROXY })).status).toBe(200);
    expect(await statusAt(one, copy)).toBe(401);
    const latency = await refusedAfter(other, copy);
    console.log(`refused by the other instance after ${Math.round(latency)} ms of ${BOUND * 1000}`);
    // What the bound promises, and the time that one more request takes.
    expect(latency).toBeLessThan(BOUND * 1000 + 500);
    expect(await statusAt(other, copy)).toBe(401);
  });

  it("an instance with a bound of 0 refuses at once", async () => {
    const { member, copy } = await signUp(one);
    expect(await statusAt(strict, copy)).toBe(200);
    await member.post("/api/auth/sign-out", {}, { origin: PROXY });
    expect(await statusAt(strict, copy)).toBe(401);
  });
});

it("after a change of password that ends the other sessions, they are refused within the bound", async () => {
  const { member, copy } = await signUp(one);
  expect(await statusAt(other, copy)).toBe(200);
  const second = new Visitor(one.origin);
  const email = ((await (await member.fetch("/api/auth/get-session")).json()) as { user: { email: string } })
    .user.email;
  await second.post(
    "/api/auth/sign-in/email",
    { email, password: "correct-horse-battery" },
    { origin: PROXY },
  );
  const changed = await second.post(
    "/api/auth/change-password",
    {
      currentPassword: "correct-horse-battery",
      newPassword: "another-horse-battery",
      revokeOtherSessions: true,
    },
    { origin: PROXY },
  );
  expect(changed.status).toBe(200);
  expect(await refusedAfter(other, copy)).toBeLessThan(BOUND * 1000 + 500);
  expect(await statusAt(one, second.cookieHeader)).toBe(200);
});
