import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeProtectedHeader } from "jose";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseEnv } from "../../lib/env";
import { identityOf, keyId } from "../../lib/token/contract";
import { createMinter } from "../../lib/token/mint";
import { freePort } from "../../scripts/lib/ports";
import { type Backend, ensureVenv, startBackend } from "../../scripts/stack/backend";
import { type App, type Database, startApp, startDatabase, testEnv } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { startNginx } from "../fixtures/nginx";

/** Secrets are rotated under load, one instance at a time behind nginx. No request is refused. */

const OLD_KEY = "the-old-key-the-old-key-the-old-key-00001";
const NEW_KEY = "the-new-key-the-new-key-the-new-key-00002";
const OLD_SECRET = "the-old-auth-the-old-auth-the-old-auth-01";
const NEW_SECRET = "the-new-auth-the-new-auth-the-new-auth-02";
const MEMBERS = 4;
/** Minimum number of requests that each member makes between two steps. */
const BETWEEN_STEPS = 15;
/**
 * Number of requests in a round: every member sends a call, a change and a page request in turn.
 */
const ROUND = 3;
/** SESSION_MAX_STALE_SECONDS of the gate. */
const MAX_STALE = 2;

let folder: string;
let database: Database;
let nginx: Awaited<ReturnType<typeof startNginx<"gate" | "backend">>>;
let members: Visitor[];
let running: { gate?: App; backend?: Backend } = {};

beforeAll(async () => {
  await ensureVenv();
  folder = mkdtempSync(join(tmpdir(), "gatehouse-"));
  database = await startDatabase();
  nginx = await startNginx(["gate", "backend"]);
  await deploy({ backend: OLD_KEY, gate: { JWT_SECRET_KEY: OLD_KEY, BETTER_AUTH_SECRET: OLD_SECRET } });
  members = Array.from({ length: MEMBERS }, () => new Visitor(nginx.origin("gate")));
  for (const [i, member] of members.entries()) await member.signUp(`member-${i}@example.com`);
});
afterAll(async () => {
  await nginx?.stop();
  await running.gate?.stop();
  await running.backend?.stop();
  await database?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Change {
  backend?: string;
  gate?: Record<string, string>;
}

/**
 * Starts new instances, routes nginx to them, and stops the old ones when `drained` resolves: their
 * requests have finished by then.
 */
async function deploy(change: Change, drained = async () => {}): Promise<void> {
  const before = running;
  const after = { ...before };
  if (change.backend) {
    const env = testEnv({ JWT_SECRET_KEY: change.backend, BACKEND_SQLITE: join(folder, "tasks.sqlite") });
    after.backend = await startBackend({ port: await freePort(), env });
  }
  if (change.gate) {
    const origin = nginx.origin("gate");
    const own = { BACKEND_URL: nginx.origin("backend"), BETTER_AUTH_URL: origin, TOKEN_ENDPOINT: "on" };
    const more = { CLIENT_ADDRESS_HEADER: "x-real-ip", SESSION_MAX_STALE_SECONDS: `${MAX_STALE}` };
    after.gate = await startApp({ ...own, ...more, ...change.gate }, database);
  }
  await nginx.route({ gate: [after.gate?.origin ?? ""], backend: [after.backend?.url ?? ""] });
  running = after;
  await drained();
  if (after.gate !== before.gate) await before.gate?.stop();
  if (after.backend !== before.backend) await before.backend?.stop();
}

type Step = (
  drained: () => Promise<void>,
  /** Resolves when each member has had this many more responses. */
  responses: (more: number) => Promise<void>,
) => Promise<void>;

/** Every member sends requests without a pause, while the steps run one after another. */
async function underLoad(steps: Step[]): Promise<{ unexpected: string[]; completed: number }> {
  const unexpected: string[] = [];
  const completed = members.map(() => 0);
  let isOver = false;
  const work = async (member: Visitor, place: number) => {
    const requests: [expected: number, send: () => Promise<Response>][] = [
      [200, () => member.fetch("/backend/api/me")],
      [201, () => member.post("/backend/api/tasks", { title: "Under load" })],
      [200, () => member.fetch("/device", { headers: { accept: "text/html" } })],
    ];
    while (!isOver) {
      for (const [expected, send] of requests) {
        const response = await send();
        const body = await response.text();
        if (response.status !== expected) unexpected.push(`${response.status} ${response.url} ${body}`);
        completed[place] = (completed[place] ?? 0) + 1;
      }
    }
  };
  const workers = Promise.all(members.map(work));
  /**
   * Waits until each member has had this many more responses. A member sends one request at a time.
   */
  const responses = async (more: number) => {
    const goals = completed.map((count) => count + more);
    const isShort = () => completed.some((count, place) => count < (goals[place] ?? 0));
    while (isShort()) await Promise.race([new Promise((resolve) => setTimeout(resolve, 20)), workers]);
  };
  try {
    for (const step of steps) {
      await responses(BETWEEN_STEPS);
      await step(() => responses(1), responses);
    }
    await responses(BETWEEN_STEPS);
  } finally {
    isOver = true;
    await workers;
  }
  return { unexpected, completed: completed.reduce((sum, count) => sum + count, 0) };
}

/** Returns a token like the gate's. It lives longer than the steps of a rotation take. */
async function tokenSignedWith(key: string): Promise<string> {
  const { jwt: config } = parseEnv(testEnv({ JWT_SECRET_KEY: key }));
  const identity = identityOf({ id: "user-1", email: "ada@example.com", name: "Ada" }, { id: "session-1" });
  return (await createMinter(config, randomUUID)(identity, { issuedAt: Date.now() })).jwt;
}

/** Returns the `kid` of the key that currently signs the gate's tokens. */
async function signingKeyOf(member: Visitor): Promise<string | undefined> {
  const { token } = (await (await member.fetch("/api/auth/token")).json()) as { token: string };
  return decodeProtectedHeader(token).kid;
}

const acceptedBy = async (backend: Backend | undefined, token: string) =>
  (await fetch(`${backend?.url}/api/me`, { headers: { authorization: `Bearer ${token}` } })).status;

it("JWT_SECRET_KEY is rotated without a refused request, and then the old key is refused", async () => {
  const member = members[0] as Visitor;
  const oldToken = await tokenSignedWith(OLD_KEY);
  expect(await signingKeyOf(member)).toBe(await keyId(OLD_KEY));

  const { unexpected, completed } = await underLoad([
    (drained) => deploy({ backend: `${OLD_KEY},${NEW_KEY}` }, drained),
    (drained) => deploy({ gate: { JWT_SECRET_KEY: NEW_KEY, BETTER_AUTH_SECRET: OLD_SECRET } }, drained),
    async () => expect(await acceptedBy(running.backend, oldToken)).toBe(200),
    (drained) => deploy({ backend: NEW_KEY }, drained),
  ]);
  console.log(`JWT_SECRET_KEY was rotated under ${completed} requests`);
  expect(unexpected).toEqual([]);

  expect(await signingKeyOf(member)).toBe(await keyId(NEW_KEY));
  expect(await acceptedBy(running.backend, await tokenSignedWith(NEW_KEY))).toBe(200);
  expect(await acceptedBy(running.backend, oldToken)).toBe(401);
}, 180_000);

it("BETTER_AUTH_SECRET is rotated without a refused request, and then the old secret is refused", async () => {
  const gate = { JWT_SECRET_KEY: NEW_KEY };
  const tokenCookies = () => members.map(({ cookies }) => cookies.get("better-auth.session_token"));
  const before = tokenCookies();
  const expiresBefore = await sessionExpiries();

  const ring = (secrets: string): Step => {
    return (drained) => deploy({ gate: { ...gate, BETTER_AUTH_SECRETS: secrets } }, drained);
  };

  const { unexpected, completed } = await underLoad([
    ring(`1:${OLD_SECRET},2:${NEW_SECRET}`),
    async () => expect(tokenCookies()).toEqual(before),
    ring(`2:${NEW_SECRET},1:${OLD_SECRET}`),
    async (_, responses) => {
      // The current request and a whole round, so that every member has opened a page since then.
      await responses(1 + ROUND);
      const renewed = tokenCookies().filter((cookie, place) => cookie !== before[place]);
      expect(renewed).toHaveLength(MEMBERS);
      // No session was due for an extension.
      expect(await sessionExpiries()).toEqual(expiresBefore);
    },
    ring(`2:${NEW_SECRET}`),
  ]);
  console.log(`BETTER_AUTH_SECRET was rotated under ${completed} requests`);
  expect(unexpected).toEqual([]);

  // A cookie that was signed with the old secret is refused now.
  const cookie = `better-auth.session_token=${before[0]}`;
  expect((await fetch(`${nginx.origin("gate")}/backend/api/me`, { headers: { cookie } })).status).toBe(401);
}, 180_000);

/** When each session in the store expires. */
async function sessionExpiries(): Promise<unknown[]> {
  const client = new Client(database.url);
  await client.connect();
  const { rows } = await client.query(`select "expiresAt" from session order by id`);
  await client.end();
  return rows;
}
