import { execFile } from "node:child_process";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLookup } from "../../edge/session/lookup";
import { createNeonQuery } from "../../edge/session/neon";
import { createApiKey, hashApiKey } from "../../lib/auth/api-key";
import { parseEnv } from "../../lib/env";
import { readClientConfig } from "../../lib/server/postgres/client-config";
import type { Result } from "../../scripts/checks/run";
import { acceptsConnections, LOOPBACK } from "../../scripts/lib/ports";
import { type FullStack, startFullStack, testEnv } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { startForwarder } from "../fixtures/forwarder";
import { openGateDatabase } from "../fixtures/gate-database";
import { findListening, LOOPBACK_BYTES } from "../fixtures/listening-ports";
import { type PlainDatabase, startPlainDatabase } from "../fixtures/plain-database";

/**
 * The app on a PostgreSQL that is not Neon's, as in production: `next start`, TLS with an authority
 * of one's own, a password. The bound of 0 seconds makes the gate read the database at each request.
 */

let database: PlainDatabase;
let stack: FullStack;
let ada: Visitor;

beforeAll(async () => {
  database = await startPlainDatabase();
  // The name distinguishes the app's connections from those of this test.
  const DATABASE_URL = `${database.url}&application_name=app`;
  stack = await startFullStack({ database, gate: { DATABASE_URL, SESSION_MAX_STALE_SECONDS: "0" } });
  ada = new Visitor(stack.origin);
  await ada.signUp("ada@example.com");
});
afterAll(async () => {
  await stack?.stop();
  await database?.stop();
});

async function runSql(text: string, values: unknown[] = []) {
  const client = new Client(readClientConfig(database.url));
  await client.connect();
  const { rows } = await client.query(text, values);
  await client.end();
  return rows;
}

describe("an app on a plain Postgres", () => {
  it("serves a page and a call to FastAPI after a sign-up", async () => {
    expect(await (await ada.fetch("/account")).text()).toContain("ada@example.com");
    expect(await (await ada.fetch("/backend/api/me")).json()).toMatchObject({ email: "ada@example.com" });
    expect((await fetch(`${stack.origin}/api/health/ready`)).status).toBe(200);
  });

  it("signs in, and refuses a wrong password", async () => {
    expect((await new Visitor(stack.origin).signIn("ada@example.com")).status).toBe(200);
    expect((await new Visitor(stack.origin).signIn("ada@example.com", "wrong-password")).status).toBe(401);
  });

  it("opens only encrypted connections, and no more than DATABASE_POOL_SIZE", async () => {
    await Promise.all(Array.from({ length: 60 }, () => ada.fetch("/backend/api/me")));
    const connections = await runSql(
      "select ssl from pg_stat_activity join pg_stat_ssl using (pid) where application_name = 'app'",
    );
    expect(new Set(connections.map(({ ssl }) => ssl))).toEqual(new Set([true]));
    expect(connections.length).toBeLessThanOrEqual(10);
  });

  it("refuses a session that was ended at another device", async () => {
    const other = new Visitor(stack.origin);
    await other.signIn("ada@example.com");
    expect((await other.fetch("/backend/api/me")).status).toBe(200);
    expect((await ada.post("/api/auth/revoke-other-sessions", {})).status).toBe(200);
    expect((await other.fetch("/backend/api/me")).status).toBe(401);
    expect((await ada.fetch("/backend/api/me")).status).toBe(200);
  });

  it("accepts an API key, and refuses one that does not exist", async () => {
    const key = createApiKey();
    const [user] = await runSql(`select id from "user" where email = 'ada@example.com'`);
    await runSql(
      `insert into "apiKey" (id, name, start, hash, scope, "userId", "createdAt", "expiresAt")
       values ('key-1', 'CI', 'gate_abcd', $1, 'tasks:read', $2, now(), now() + interval '1 day')`,
      [await hashApiKey(key), user.id],
    );
    const call = (credential: string) =>
      fetch(`${stack.origin}/backend/api/tasks`, { headers: { authorization: `Bearer ${credential}` } });
    expect((await call(key)).status).toBe(200);
    expect((await call(createApiKey())).status).toBe(401);
  });

  it("stores nothing of a sign-up that fails in the middle", async () => {
    await runSql(`create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$`);
    await runSql("create trigger refuse before insert on account execute function refuse()");
    await expect(new Visitor(stack.origin).signUp("half@example.com")).rejects.toThrow("sign-up");
    await runSql("drop trigger refuse on account");
    expect(await runSql(`select 1 from "user" where email = 'half@example.com'`)).toEqual([]);
    await new Visitor(stack.origin).signUp("half@example.com");
  });

  it("responds with 409 to a sign-up with an email that was taken meanwhile", async () => {
    await runSql(`create function take() returns trigger language plpgsql as $$ begin
      if new.email = 'taken@example.com' then raise unique_violation; end if; return new; end $$`);
    await runSql(`create trigger take before insert on "user" for each row execute function take()`);
    await expect(new Visitor(stack.origin).signUp("taken@example.com")).rejects.toThrow("sign-up: 409");
    await runSql(`drop trigger take on "user"`);
  });

  it("responds with 503 within seconds while a table is locked, and leaves no statement behind", async () => {
    const holder = new Client(readClientConfig(database.url));
    await holder.connect();
    await holder.query("begin; lock table session in access exclusive mode");
    const response = await ada.fetch("/backend/api/me");
    expect(response.status).toBe(503);
    expect(response.headers.getSetCookie()).toEqual([]);
    const waiting = () =>
      runSql("select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'app'");
    await expect.poll(waiting).toEqual([]);
    await holder.query("commit");
    await holder.end();
    expect((await ada.fetch("/backend/api/me")).status).toBe(200);
  });
});

describe("the commands on a plain Postgres", () => {
  /** Runs `npm run <args>` with the configuration of the app. */
  async function runCommand(args: string[], variables: Record<string, string> = {}) {
    const env = testEnv({
      ...database.env,
      BETTER_AUTH_URL: stack.origin,
      BACKEND_URL: stack.backendUrl,
      ...variables,
    });
    const command = [process.execPath, ["scripts/run.mjs", ...args], { env }] as const;
    return new Promise<string>((resolve) =>
      execFile(command[0], command[1], command[2] as never, (_, stdout, stderr) =>
        resolve(`${stdout}${stderr}`),
      ),
    );
  }

  async function examine(variables?: Record<string, string>) {
    const { checks } = JSON.parse(await runCommand(["doctor", "--json"], variables)) as { checks: Result[] };
    return Object.fromEntries(
      checks.filter(({ id }) => id.startsWith("database.")).map((result) => [result.id, result]),
    );
  }

  it("npm run doctor passes every check of the database", async () => {
    const checks = await examine();
    expect(Object.keys(checks)).toContain("database.lookup");
    expect(Object.values(checks).map(({ status }) => status)).toEqual(
      Object.values(checks).map(() => "passed"),
    );
  });

  it("npm run doctor names sslrootcert if the authority is not trusted", async () => {
    const DATABASE_URL = database.url.replace(/&sslrootcert=.*$/, "");
    expect(JSON.stringify((await examine({ DATABASE_URL }))["database.reachable"])).toMatch(
      /certificate.*Add sslrootcert/,
    );
  });

  it("npm run doctor says that the database wants an encrypted connection", async () => {
    const DATABASE_URL = database.url.replace(/\?.*$/, "");
    expect(JSON.stringify((await examine({ DATABASE_URL }))["database.reachable"])).toMatch(
      /refuses unencrypted connections.*sslmode=verify-full/,
    );
  });

  it("npm run doctor warns of an unencrypted connection to another machine", async () => {
    const DATABASE_URL = "postgresql://u:p@db.example.invalid/db";
    expect((await examine({ DATABASE_URL }))["database.encrypted"]?.status).toBe("warning");
    const encrypted = { DATABASE_URL: `${DATABASE_URL}?sslmode=verify-full` };
    expect((await examine(encrypted))["database.encrypted"]?.status).toBe("passed");
  });

  it("npm run migrate and npm run db use it", async () => {
    expect(await runCommand(["migrate"])).toContain("No changes: the database has all tables.");
    expect(await runCommand(["db", `select email from "user"`])).toContain("ada@example.com");
  });
});

describe("the gate's lookups", () => {
  let forwarder: Awaited<ReturnType<typeof startForwarder>>;
  let gate: Awaited<ReturnType<typeof openGateDatabase>>;
  let lookUp: () => Promise<string>;

  beforeAll(async () => {
    forwarder = await startForwarder(Number(new URL(database.url).port));
    const url = new URL(database.url);
    url.port = String(forwarder.port);
    gate = await openGateDatabase(parseEnv(testEnv({ DATABASE_URL: url.href })));
    const find = createLookup(createNeonQuery(gate, { fetch, startTimer: () => () => {} }));
    lookUp = () =>
      find("unknown-session", Date.now(), { extend: false }).then(
        () => "done",
        (error: Error) => error.message,
      );
  });
  afterAll(async () => {
    await gate?.close();
    await forwarder?.stop();
  });
  const all = (count: number) => Promise.all(Array.from({ length: count }, lookUp));

  it("wait for a database whose connections are cut for half a second", async () => {
    expect(new Set(await all(20))).toEqual(new Set(["done"]));
    await forwarder.cut();
    const results = all(50);
    await sleep(500);
    await forwarder.restore();
    expect(new Set(await results)).toEqual(new Set(["done"]));
  });

  it("fail after 3 seconds of an outage, then at once, and work again after it", async () => {
    const failure = "the database responded with status 503 and the code ECONNREFUSED";
    await forwarder.cut();
    const began = performance.now();
    expect(new Set(await all(50))).toEqual(new Set([failure]));
    expect(performance.now() - began).toBeGreaterThan(2_900);
    const later = performance.now();
    expect(new Set(await all(50))).toEqual(new Set([failure]));
    expect(performance.now() - later).toBeLessThan(2_000);
    await forwarder.restore();
    expect(new Set(await all(50))).toEqual(new Set(["done"]));
  });
});

describe("while Postgres ends all connections", () => {
  it("calls succeed", async () => {
    for (let round = 0; round < 5; round++) {
      const calls = Array.from({ length: 20 }, () => ada.fetch("/backend/api/me"));
      await runSql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'app'");
      const statuses = (await Promise.all(calls)).map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([200]));
    }
  });
});

describe("while Postgres is down for longer than lookups wait", () => {
  it("calls get 503, and afterwards the same cookies work without a restart of the app", async () => {
    const cookies = ada.cookieHeader;
    // Unused connections, which break.
    await Promise.all(Array.from({ length: 20 }, () => ada.fetch("/backend/api/me")));
    let isRestarted = false;
    const restart = database.restart({ downMs: 4_000 }).finally(() => {
      isRestarted = true;
    });
    const seen = new Set<number>();
    while (!isRestarted) {
      const response = await ada.fetch("/backend/api/me");
      seen.add(response.status);
      if (response.status === 503) {
        expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
        expect(await response.json()).toMatchObject({ code: "gate_session_store_unreachable" });
      }
      await sleep(20);
    }
    await restart;
    expect([...seen].filter((status) => status !== 200)).toEqual([503]);
    expect((await ada.fetch("/backend/api/me")).status).toBe(200);
    expect((await ada.fetch("/device")).status).toBe(200);
    expect((await new Visitor(stack.origin).signIn("ada@example.com")).status).toBe(200);
    expect(ada.cookieHeader).toBe(cookies);
    expect(stack.readLog("next")).toContain("gate_session_store_unreachable");
  });
});

describe("a deletion of an account during which Postgres restarts", () => {
  it("after FastAPI has deleted its data: leaves the account, and completes when it is repeated", async () => {
    const leaver = new Visitor(stack.origin);
    await leaver.signUp("leaver@example.com");
    await leaver.post("/backend/api/tasks", { title: "Deleted" });
    const [{ id }] = await runSql(`select id from "user" where email = 'leaver@example.com'`);
    const rows = async () => [
      ...(await runSql(`select 'user' as table from "user" where id = $1`, [id])),
      ...(await runSql(`select 'account' as table from account where "userId" = $1`, [id])),
      ...(await runSql(`select 'session' as table from session where "userId" = $1`, [id])),
    ];
    const before = await rows();
    expect(before).toEqual([{ table: "user" }, { table: "account" }, { table: "session" }]);
    const remove = () => leaver.post("/api/auth/delete-user", { password: "correct-horse-battery" });

    // Reads are possible, and the deletion waits.
    const holder = new Client(readClientConfig(database.url));
    holder.on("error", () => {});
    await holder.connect();
    await holder.query(`begin; lock table "user" in share mode`);
    const deletion = remove();
    await expect
      .poll(() => runSql("select query from pg_stat_activity where wait_event_type = 'Lock'"))
      .toEqual([{ query: expect.stringContaining(`delete from "user"`) }]);
    // Before the restart, which could end the holder first and so let the deletion succeed.
    await runSql("select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'");
    await database.restart();
    const response = await deletion;
    expect([response.status, await response.json()]).toEqual([
      503,
      {
        code: "ACCOUNT_NOT_DELETED",
        message: "Your data is deleted, but your account could not be deleted. Try again in a moment.",
      },
    ]);

    expect(await rows()).toEqual(before);
    const refused = await leaver.fetch("/backend/api/tasks");
    expect([refused.status, (await refused.json()).code]).toEqual([401, "account_deleted"]);
    expect((await leaver.fetch("/account")).status).toBe(200);
    expect((await remove()).status).toBe(200);
    expect(await rows()).toEqual([]);
    expect((await leaver.fetch("/account", { headers: { accept: "text/html" } })).status).toBe(307);
    expect((await new Visitor(stack.origin).signIn("leaver@example.com")).status).toBe(401);
  });
});

describe.runIf(process.platform === "linux")("a stranger on this machine", () => {
  const statement = JSON.stringify({ query: "select 1", params: [] });
  let url: string;

  beforeAll(() => {
    const listening = findListening(stack.pid);
    expect(new Set(listening.map(({ address }) => address))).toEqual(new Set([LOOPBACK_BYTES]));
    const ports = listening
      .map(({ port }) => port)
      .filter((port) => port !== Number(new URL(stack.origin).port));
    expect(ports).toHaveLength(1);
    url = `http://127.0.0.1:${ports[0]}/sql`;
  });

  it.each<[what: string, headers: () => Record<string, string>]>([
    ["without a connection string", () => ({})],
    ["with the database's own connection string", () => ({ "neon-connection-string": database.url })],
    [
      "with another password",
      () => ({ "neon-connection-string": "postgresql://gate:guessed@127.0.0.1/lookups" }),
    ],
    ["with something that is not a connection string", () => ({ "neon-connection-string": "gate" })],
    ["with an empty password", () => ({ "neon-connection-string": "postgresql://gate:@127.0.0.1/lookups" })],
    ["from a web page", () => ({ origin: stack.origin })],
  ])("cannot use the listener %s", async (_, headers) => {
    const response = await fetch(url, { method: "POST", body: statement, headers: headers() });
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({ code: "NOT_THE_GATE" });
  });

  it("cannot use the listener with another method", async () => {
    expect((await fetch(url)).status).toBe(403);
    expect((await fetch(url, { method: "OPTIONS" })).status).toBe(403);
  });
});

/** The last test: it stops the app. */
describe("an app that receives SIGTERM", () => {
  it("serves the lookups of requests that arrived before it stopped accepting connections, and exits with 0", async () => {
    const { hostname, port } = new URL(stack.origin);
    const headers = [`Host: ${hostname}:${port}`, `Cookie: ${ada.cookieHeader}`, "Connection: close"];
    // The server has read a part of its head, so it is neither idle nor a request yet.
    const late = connect(Number(port), hostname);
    late.write(`GET /backend/api/me HTTP/1.1\r\n${headers.join("\r\n")}\r\n`);
    const holder = new Client(readClientConfig(database.url));
    await holder.connect();
    await holder.query("begin; lock table session in access exclusive mode");
    const call = ada.fetch("/backend/api/me");
    const waiting = () =>
      runSql("select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'app'");
    await expect.poll(async () => (await waiting()).length).toBe(1);

    process.kill(-stack.pid, "SIGTERM");
    await expect.poll(() => acceptsConnections(LOOPBACK, Number(port)), { interval: 20 }).toBe(false);
    late.write("\r\n");
    await expect.poll(async () => (await waiting()).length, { interval: 20 }).toBe(2);
    await holder.query("commit");
    await holder.end();
    expect((await call).status).toBe(200);
    expect(await text(late)).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*ada@example\.com/);
    expect((await stack.exited).code).toBe(0);
    expect(stack.readLog("next")).not.toContain("server_cut_requests");
  });
});
