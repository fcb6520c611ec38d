import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import { keyId } from "../../lib/contract";
import { type Backend, ensureVenv, startBackend } from "../../scripts/lib/backend";
import { freePort } from "../../scripts/lib/ports";
import { type App, type Database, startApp, startDatabase, testEnv } from "../support/stack";
import { Visitor } from "../support/visitor";

/** DESIGN.md section 3: backend `old,new`, then the edge `new`, then the backend `new`, with no 401 in between. */

const OLD = "the-old-key-the-old-key-the-old-key-00001";
const NEW = "the-new-key-the-new-key-the-new-key-00002";

let folder: string;
let database: Database;
const started: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  await ensureVenv();
  folder = mkdtempSync(join(tmpdir(), "gatehouse-"));
  database = await startDatabase();
});
afterAll(async () => {
  for (const part of started.reverse()) await part.stop();
  await database?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function backendWith(ring: string): Promise<Backend> {
  const env = testEnv({ JWT_SECRET_KEY: ring, BACKEND_SQLITE: join(folder, "tasks.sqlite") });
  const backend = await startBackend({ port: await freePort(), env });
  started.push(backend);
  return backend;
}

async function gateWith(ring: string, backend: Backend): Promise<App> {
  const env = {
    JWT_SECRET_KEY: ring,
    BACKEND_URL: backend.url,
    BETTER_AUTH_URL: "http://127.0.0.1:3000",
    TOKEN_ENDPOINT: "on",
  };
  const app = await startApp(env, database);
  started.push(app);
  return app;
}

/** A token as the gate sends it, by way of the endpoint for programs. */
async function tokenFrom(app: App, cookie: string): Promise<string> {
  const response = await fetch(`${app.origin}/api/auth/token`, { headers: { cookie } });
  return ((await response.json()) as { token: string }).token;
}

const acceptedBy = async (backend: Backend, token: string) =>
  (await fetch(`${backend.url}/api/me`, { headers: { authorization: `Bearer ${token}` } })).status;

it("the key is changed step by step, and no call is refused on the way", async () => {
  const before = await backendWith(OLD);
  const oldGate = await gateWith(OLD, before);
  const member = new Visitor(oldGate.origin);
  await member.post(
    "/api/auth/sign-up/email",
    { email: "ada@example.com", name: "Ada", password: "correct-horse-battery" },
    { origin: "http://127.0.0.1:3000" },
  );
  const cookie = member.cookieHeader;
  const statusThrough = async (app: App) =>
    (await fetch(`${app.origin}/backend/api/me`, { headers: { cookie } })).status;
  expect(await statusThrough(oldGate)).toBe(200);
  const oldToken = await tokenFrom(oldGate, cookie);
  expect(decodeProtectedHeader(oldToken).kid).toBe(await keyId(OLD));

  // 1: the backend takes both.
  const between = await backendWith(`${OLD},${NEW}`);
  expect(await statusThrough(await gateWith(OLD, between))).toBe(200);
  expect(await acceptedBy(between, oldToken)).toBe(200);

  // 2: the edge signs with the new one; tokens signed before are still good.
  const newGate = await gateWith(NEW, between);
  expect(await statusThrough(newGate)).toBe(200);
  const newToken = await tokenFrom(newGate, cookie);
  expect(decodeProtectedHeader(newToken).kid).toBe(await keyId(NEW));
  expect(await acceptedBy(between, oldToken)).toBe(200);

  // 3: the backend takes the new one alone, and the old key is dead.
  const after = await backendWith(NEW);
  expect(await statusThrough(await gateWith(NEW, after))).toBe(200);
  expect(await acceptedBy(after, newToken)).toBe(200);
  expect(await acceptedBy(after, oldToken)).toBe(401);
});
