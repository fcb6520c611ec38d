import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { limits } from "../../lib/server/auth/endpoints";
import { freePort } from "../../scripts/lib/ports";
import { type Backend, ensureVenv, startBackend } from "../../scripts/stack/backend";
import { type App, startApp, testEnv } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { startNginx } from "../fixtures/nginx";
import { type PlainDatabase, startPlainDatabase } from "../fixtures/plain-database";
import { sendOnce } from "../fixtures/send-once";

/** Three instances behind nginx, with one PostgreSQL and one FastAPI. Each of them restarts. */

/** SESSION_MAX_STALE_SECONDS of the instances. Seconds. */
const BOUND = 2;

let database: PlainDatabase;
let backend: Backend;
let backendPort: number;
let nginx: Awaited<ReturnType<typeof startNginx<"app">>>;
const apps: App[] = [];
const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-restarts-"));

beforeAll(async () => {
  await ensureVenv();
  backendPort = await freePort();
  [database, backend, nginx] = await Promise.all([startPlainDatabase(), startFastApi(), startNginx(["app"])]);
  for (let n = 0; n < 3; n++) apps.push(await startInstance(await freePort()));
  await nginx.route({ app: apps.map(({ origin }) => origin) });
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  await nginx?.stop();
  await backend?.stop();
  await database?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function startFastApi(): Promise<Backend> {
  const env = testEnv({ BACKEND_SQLITE: path.join(folder, "tasks.sqlite") });
  return startBackend({ port: backendPort, env, logDir: folder });
}

function startInstance(port: number): Promise<App> {
  const variables = {
    ...{ BETTER_AUTH_URL: nginx.origin("app"), BACKEND_URL: backend.url },
    ...{ CLIENT_ADDRESS_HEADER: "X-Real-IP", SHUTDOWN_DELAY_SECONDS: "1" },
    SESSION_MAX_STALE_SECONDS: String(BOUND),
  };
  return startApp(variables, database, { port });
}

const visit = (address?: string) => new Visitor(nginx.origin("app"), { send: sendOnce, address });

/** As {@link visit}, but sends each request to one instance, without nginx. */
function visitInstance(instance: App | undefined, address?: string): Visitor {
  const send = (url: string, init: RequestInit) =>
    sendOnce(url.replace(nginx.origin("app"), instance?.origin ?? ""), init);
  return new Visitor(nginx.origin("app"), { send, address });
}

async function signUp(name: string): Promise<Visitor> {
  const member = visit();
  await member.signUp(`${name}@example.com`);
  return member;
}

it("no request fails while each of three instances is restarted", async () => {
  const members = await Promise.all(["ada", "grace"].map(signUp));
  const unexpected: string[] = [];
  let requests = 0;
  let isOver = false;
  const expectStatus = (what: string, response: Response, status: number) => {
    requests += 1;
    if (response.status !== status) unexpected.push(`${what}: ${response.status}`);
  };

  const work = members.map(async (member) => {
    while (!isOver) {
      expectStatus("call", await member.fetch("/backend/api/me"), 200);
      expectStatus("POST", await member.post("/backend/api/tasks", { title: "x" }), 201);
      expectStatus("page", await member.fetch("/device"), 200);
      // The next request needs a lookup, unless its instance has the session in memory.
      member.cookies.delete("better-auth.session_data");
      await sleep(100);
    }
  });
  const signIns = (async () => {
    // Below the limit of sign-ins to one account in a minute.
    for (let n = 0; !isOver; n++) {
      const guest = visit();
      expectStatus("sign-up", await guest.signUp(`guest-${n}@example.com`), 200);
      expectStatus("sign-in", await guest.signIn(`guest-${n}@example.com`), 200);
      expectStatus("page for guests", await visit().fetch("/login"), 200);
      await sleep(10_000);
    }
  })();

  const exitCodes: (number | null)[] = [];
  for (const [n, app] of apps.entries()) {
    await nginx.route({ app: apps.filter((other) => other !== app).map(({ origin }) => origin) });
    process.kill(-app.pid, "SIGTERM");
    exitCodes.push((await app.exited).code);
    apps[n] = await startInstance(Number(new URL(app.origin).port));
    await expect.poll(async () => (await fetch(`${apps[n]?.origin}/api/health`)).status).toBe(200);
    await nginx.route({ app: apps.map(({ origin }) => origin) });
  }
  isOver = true;
  await Promise.all([...work, signIns]);
  expect(unexpected).toEqual([]);
  expect(exitCodes).toEqual([0, 0, 0]);
  expect(requests).toBeGreaterThan(30);
}, 300_000);

it("three instances count the sign-ins of one address together", async () => {
  await signUp("barbara");
  const { perAddress } = limits.signIn;
  const attempt = (turn: number, password: string) =>
    visitInstance(apps[turn % 3], "203.0.113.9").signIn("barbara@example.com", password);
  const statuses: number[] = [];
  for (let turn = 0; turn < perAddress; turn++) statuses.push((await attempt(turn, "wrong")).status);
  expect(new Set(statuses)).toEqual(new Set([401]));
  const later = await Promise.all([0, 1, 2].map((turn) => attempt(turn, "correct-horse-battery")));
  expect(later.map(({ status }) => status)).toEqual([429, 429, 429]);
  const elsewhere = visitInstance(apps[0], "203.0.113.10");
  expect((await elsewhere.signIn("barbara@example.com")).status).toBe(200);
});

it("a sign-out at one instance is refused at once there, and within the bound at the others", async () => {
  const { cookieHeader: cookie } = await signUp("edsger");
  const statuses = () =>
    Promise.all(
      apps.map(
        async ({ origin }) => (await sendOnce(`${origin}/backend/api/me`, { headers: { cookie } })).status,
      ),
    );
  expect(await statuses()).toEqual([200, 200, 200]);
  const headers = { cookie, origin: nginx.origin("app"), "content-type": "application/json" };
  const signOut = { method: "POST", headers, body: "{}" };
  expect((await sendOnce(`${apps[0]?.origin}/api/auth/sign-out`, signOut)).status).toBe(200);
  expect((await statuses())[0]).toBe(401);
  await sleep(BOUND * 1000);
  expect(await statuses()).toEqual([401, 401, 401]);
});

/** What a request may get while the database or FastAPI restarts (ARCHITECTURE.md). */
const DOCUMENTED: Readonly<Record<string, readonly string[]>> = {
  call: ["200", "502 gate_backend_unreachable", "503 gate_session_store_unreachable"],
  POST: ["201", "502 gate_backend_unreachable", "503 gate_session_store_unreachable"],
  page: ["200", "503"],
  "sign-in": ["200", "503 gate_session_store_unreachable"],
};

it("nobody is signed out while Postgres and FastAPI restart, and afterwards every instance works without a restart", async () => {
  const member = await signUp("donald");
  const unexpected: string[] = [];
  const seen = new Set<string>();
  let isOver = false;
  const observe = async (what: string, response: Response) => {
    const isProblem = response.headers.get("content-type") === "application/problem+json";
    const code = isProblem ? ` ${(await response.json()).code}` : "";
    const outcome = `${response.status}${code}`;
    seen.add(outcome);
    const isComplete = response.status !== 503 || /^\d+$/.test(response.headers.get("retry-after") ?? "");
    const isSignOut = response.headers.getSetCookie().some((cookie) => /max-age=0/i.test(cookie));
    if (!DOCUMENTED[what]?.includes(outcome) || !isComplete || isSignOut) {
      unexpected.push(`${what}: ${outcome} ${JSON.stringify([...response.headers])}`);
    }
  };
  const work = [0, 1, 2].map(async () => {
    while (!isOver) {
      await observe("call", await member.fetch("/backend/api/me"));
      await observe("POST", await member.post("/backend/api/tasks", { title: "x" }));
      await observe("page", await member.fetch("/device"));
      member.cookies.delete("better-auth.session_data");
      await sleep(50);
    }
  });
  const signIns = (async () => {
    while (!isOver) {
      await observe("sign-in", await visit().signIn("donald@example.com"));
      await sleep(500);
    }
  })();

  await sleep(500);
  // A lookup waits for 3 seconds at most.
  await database.restart({ downMs: 4_000 });
  await sleep(500);
  await backend.stop();
  await sleep(500);
  backend = await startFastApi();
  isOver = true;
  await Promise.all([...work, signIns]);
  expect(unexpected).toEqual([]);
  expect(seen).toContain("502 gate_backend_unreachable");
  expect(seen).toContain("503 gate_session_store_unreachable");

  for (const instance of apps) {
    const signedIn = visitInstance(instance);
    for (const [name, value] of member.cookies) signedIn.cookies.set(name, value);
    const guest = visitInstance(instance);
    expect((await guest.signIn("donald@example.com")).status).toBe(200);
    for (const visitor of [guest, signedIn]) {
      expect((await visitor.fetch("/backend/api/me")).status).toBe(200);
      expect((await visitor.post("/backend/api/tasks", { title: "x" })).status).toBe(201);
      expect((await visitor.fetch("/device")).status).toBe(200);
    }
  }
});
