import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { parseEnv } from "../../lib/env";
import type { Result } from "../../scripts/checks/run";
import { freePort, listen } from "../../scripts/lib/ports";
import { type Backend, ensureVenv, startBackend } from "../../scripts/stack/backend";
import { startEmbeddedPostgres } from "../../scripts/stack/embedded-postgres";
import { migrate } from "../../scripts/stack/migrate";
import { startNeonEndpoint } from "../../scripts/stack/neon-endpoint";
import { type App, startApp, startDatabase, testEnv } from "../../scripts/stack/test-stack";
import { selfSigned } from "../fixtures/certificate";
import { startEchoUpstream } from "../fixtures/echo-upstream";
import { everySecond } from "../fixtures/full";

/**
 * `npm run doctor` on a correct stack, and then with one error at a time: that check fails, and
 * explains how to fix it.
 */

const randomSecret = () => randomBytes(32).toString("base64url");
const KEY = randomSecret();
const AUTH = randomSecret();

let folder: string;
let backend: Backend;
let app: App;
let correct: Record<string, string>;
const started: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  await ensureVenv();
  folder = mkdtempSync(join(tmpdir(), "gatehouse-"));
  const database = await startDatabase();
  started.push(database);
  backend = await backendWith({});
  const secrets = { JWT_SECRET_KEY: KEY, BETTER_AUTH_SECRET: AUTH };
  app = await startApp({ ...secrets, BACKEND_URL: backend.url }, database);
  started.push(app);
  correct = { ...secrets, ...database.env, BACKEND_URL: backend.url, BETTER_AUTH_URL: app.origin };
});
afterAll(async () => {
  for (const part of started.reverse()) await part.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function backendWith(env: Record<string, string>): Promise<Backend> {
  const started_ = await startBackend({
    port: await freePort(),
    env: testEnv({ JWT_SECRET_KEY: KEY, BACKEND_SQLITE: join(folder, "tasks.sqlite"), ...env }),
  });
  started.push(started_);
  return started_;
}

/** Runs the doctor as a child process, with the correct configuration and these changes. */
async function doctor(changes: Record<string, string> = {}, args: string[] = []) {
  const env = testEnv({ ...correct, ...changes });
  const { code, output } = await new Promise<{ code: number; output: string }>((resolve) =>
    execFile(
      process.execPath,
      ["scripts/run.mjs", "doctor", ...args],
      { env: env as unknown as NodeJS.ProcessEnv },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    ),
  );
  for (const name of ["BETTER_AUTH_SECRET", "JWT_SECRET_KEY"]) {
    for (const secret of (env[name] ?? "").split(",")) expect(output).not.toContain(secret);
  }
  expect(output).not.toMatch(/eyJ|hush-hush/);
  expect(output).not.toContain("\u001b");
  return { code, output };
}

async function examine(changes: Record<string, string> = {}, args: string[] = []) {
  const { code, output } = await doctor(changes, ["--json", ...args]);
  const { checks } = JSON.parse(output) as { checks: Result[] };
  return {
    code,
    checks,
    idsOf: (status: Result["status"]) =>
      checks.filter((result) => result.status === status).map(({ id }) => id),
    explain(id: string) {
      const result = checks.find((candidate) => candidate.id === id);
      return result && "findings" in result
        ? result.findings.map(({ reason, fix }) => `${reason} → ${fix}`).join("\n")
        : result?.status;
    },
  };
}

const FORGED = ["another-key", "unsigned", "expired", "wrong-issuer", "wrong-audience"].map(
  (name) => `backend.refuses.${name}`,
);

describe("npm run doctor on a correct stack", () => {
  it("passes every check", async () => {
    const { code, checks, idsOf } = await examine();
    expect(checks.filter(({ status }) => status === "failed" || status === "skipped")).toEqual([]);
    expect(idsOf("warning")).toEqual([]);
    expect(idsOf("passed")).toEqual(expect.arrayContaining([...FORGED, "backend.accepts", "app.cookies"]));
    expect(code).toBe(0);
  });

  it("prints text with a summary without --json", async () => {
    const { code, output } = await doctor();
    expect(output).toMatch(/FastAPI\n {2}✓ .*\n[\s\S]*\d+ passed, 0 failed, 0 skipped in [\d.]+ s\n$/);
    expect(code).toBe(0);
  });
});

const mistakes: readonly [string, Record<string, string>, string, RegExp][] = [
  [
    "another JWT secret",
    { JWT_SECRET_KEY: randomSecret() },
    "backend.accepts",
    /JWT_SECRET_KEY differs.*→.*same value/,
  ],
  [
    "a new key that FastAPI does not have yet",
    { JWT_SECRET_KEY: `${randomSecret()},${KEY}` },
    "backend.accepts",
    /later key of the ring.*→.*FastAPI old,new/,
  ],
  ["another issuer", { JWT_ISSUER: "somebody" }, "backend.accepts", /JWT_ISSUER differs/],
  ["another audience", { JWT_AUDIENCE: "somewhere" }, "backend.accepts", /JWT_AUDIENCE differs/],
  [
    "a placeholder",
    { JWT_SECRET_KEY: "please-change-me-please-change-me-now" },
    "config.JWT_SECRET_KEY",
    /is a placeholder.*→.*openssl/,
  ],
  [
    "a short secret",
    { BETTER_AUTH_SECRET: "hush-hush" },
    "config.BETTER_AUTH_SECRET",
    /9 bytes long.*→.*openssl/,
  ],
  [
    "one secret for both",
    { JWT_SECRET_KEY: AUTH },
    "config.JWT_SECRET_KEY",
    /is also a secret of Better Auth/,
  ],
  [
    "a connection string that the driver would refuse",
    { DATABASE_URL: "postgresql://u:hush-hush@host" },
    "config.DATABASE_URL",
    /DATABASE_URL names no database → It looks like postgresql:/,
  ],
  ["an invalid value", { MAX_BODY_MB: "many" }, "config.optional", /MAX_BODY_MB is "many"/],
  [
    "a FastAPI host that does not exist",
    { BACKEND_URL: "https://no-such-host.invalid" },
    "backend.reachable",
    /host (that does not exist|whose name).*→.*[Cc]orrect BACKEND_URL/,
  ],
  [
    "a database host that does not exist",
    { DATABASE_URL: "postgresql://u:hush-hush@no-such-host.invalid/db", NEON_ENDPOINT: "" },
    "database.reachable",
    /host (that does not exist|whose name).*→.*DATABASE_URL/,
  ],
];

test.each(everySecond(mistakes))(
  "npm run doctor with %s fails only that check, and explains the fix",
  async (_, changes, id, expected) => {
    const { code, explain, idsOf } = await examine(changes);
    expect(explain(id)).toMatch(expected);
    expect(idsOf("failed")).toEqual([id]);
    expect(code).toBe(1);
  },
);

test.each<[string, string, string, RegExp]>([
  [
    "FastAPI",
    "BACKEND_URL",
    "backend.reachable",
    /nothing listens there → Start FastAPI, or correct BACKEND_URL/,
  ],
  [
    "the database",
    "NEON_ENDPOINT",
    "database.reachable",
    /the database .*nothing listens there → .*DATABASE_URL/,
  ],
])(
  "npm run doctor without %s fails only that check, and explains the fix",
  async (_, variable, id, expected) => {
    const { code, explain, idsOf } = await examine({ [variable]: `http://127.0.0.1:${await freePort()}` });
    expect(explain(id)).toMatch(expected);
    expect(idsOf("failed")).toEqual([id]);
    expect(code).toBe(1);
  },
);

it("the checks of forged tokens are skipped while FastAPI refuses the gate's own token", async () => {
  const { idsOf } = await examine({ JWT_SECRET_KEY: randomSecret() });
  expect(idsOf("skipped")).toEqual(expect.arrayContaining(FORGED));
});

it("a typed secret is a warning, and the exit code is 0", async () => {
  const typed = "abcdefghijklmnopqrstuvwxyz0123456789";
  const { code, explain, idsOf } = await examine({ BETTER_AUTH_SECRET: typed });
  expect(explain("config.strength.BETTER_AUTH_SECRET")).toMatch(/typed, not generated at random.*→.*openssl/);
  expect(idsOf("failed")).toEqual([]);
  expect(code).toBe(0);
});

it("a database without migrations fails with the names of the missing tables", async () => {
  const postgres = await startEmbeddedPostgres();
  const endpoint = await startNeonEndpoint({ databaseUrl: postgres.url });
  const { explain, idsOf } = await examine({ DATABASE_URL: postgres.url, NEON_ENDPOINT: endpoint.url });
  expect(explain("database.migrated")).toMatch(/lacks table .*→.*npm run migrate/);
  expect(idsOf("failed")).toEqual(["database.migrated"]);
  await endpoint.close();
  await postgres.close();
});

it.each([
  ["sessions", "session", "a session lookup also extends and deletes"],
  ["API keys", "apiKey", "the lookup of a key also writes when it was used"],
])("a database user without the right to change %s in %s fails: %s", async (_, table) => {
  const postgres = await startEmbeddedPostgres();
  const endpoint = await startNeonEndpoint({ databaseUrl: postgres.url });
  const variables = { DATABASE_URL: postgres.url, NEON_ENDPOINT: endpoint.url };
  await migrate(parseEnv(testEnv(variables)));
  const sql = new Client(postgres.url);
  await sql.connect();
  // The user of the embedded database has all rights, so a trigger refuses the statement.
  await sql.query(
    `create function deny() returns trigger language plpgsql as 'begin raise insufficient_privilege; end'`,
  );
  await sql.query(
    `create trigger deny before update on "${table}" for each statement execute function deny()`,
  );
  await sql.end();
  const { explain, idsOf } = await examine(variables);
  expect(explain("database.lookup")).toMatch(
    /status 400 and Postgres's error code 42501.*→.*UPDATE and DELETE/,
  );
  expect(idsOf("failed")).toEqual(["database.lookup"]);
  await endpoint.close();
  await postgres.close();
});

test.each([
  ["ahead", 3600],
  ["behind", -3600],
])(
  "a FastAPI clock that is an hour %s is found by its Date header, and as the reason for the 401",
  async (word, by) => {
    const shim = mkdtempSync(join(folder, "clock-"));
    // Python runs this file first. So the backend is unchanged, but its clock is wrong.
    writeFileSync(
      join(shim, "sitecustomize.py"),
      `import time\n_time = time.time\ntime.time = lambda: _time() + ${by}\n`,
    );
    const wrong = await backendWith({ PYTHONPATH: shim });
    const { explain, idsOf } = await examine({ BACKEND_URL: wrong.url });
    expect(explain("backend.clock")).toMatch(new RegExp(`36\\d\\d s ${word}|3599 s ${word}.*→.*NTP`));
    expect(explain("backend.accepts")).toMatch(new RegExp(`clock is .* ${word}`));
    expect(idsOf("failed")).toEqual(["backend.clock", "backend.accepts"]);
  },
);

it("a backend that accepts every token is reported in capitals", async () => {
  const open = createServer((_, response) => response.end("{}"));
  const { code, explain, idsOf } = await examine({ BACKEND_URL: `http://127.0.0.1:${await listen(open)}` });
  for (const id of FORGED) expect(explain(id)).toMatch(/FASTAPI ACCEPTS A FORGED TOKEN .*→.*CurrentUser/);
  expect(explain("backend.anonymous")).toMatch(/FASTAPI ACCEPTS A CALL WITHOUT A TOKEN/);
  expect(idsOf("warning")).toContain("backend.no-store");
  expect(code).toBe(1);
  open.close();
});

it("a path that the backend does not have fails with the hint to give --path", async () => {
  const missing = await examine({}, ["--path", "/api/nobody"]);
  expect(missing.explain("backend.accepts")).toMatch(/returns 404.*→.*--path/);
  const named = await examine({}, ["--path", "/api/tasks"]);
  expect(named.idsOf("failed")).toEqual([]);
});

describe("npm run doctor on the running app", () => {
  it("skips it when nothing listens at a BETTER_AUTH_URL on this machine", async () => {
    const { code, idsOf } = await examine({ BETTER_AUTH_URL: `http://localhost:${await freePort()}` });
    expect(idsOf("skipped")).toContain("app.reachable");
    expect(idsOf("failed")).toEqual([]);
    expect(code).toBe(0);
  });

  it("fails when nothing listens at the given address", async () => {
    const { explain, code } = await examine({}, [`http://127.0.0.1:${await freePort()}`]);
    expect(explain("app.reachable")).toMatch(/nothing listens there → Start the app, or correct the address/);
    expect(code).toBe(1);
  });

  it("fails when its host name does not exist", async () => {
    const { code, explain, idsOf } = await examine({ BETTER_AUTH_URL: "http://app.example.invalid" });
    expect(explain("app.reachable")).toMatch(
      /host (that does not exist|whose name cannot be looked up) → Correct BETTER_AUTH_URL, or .* DNS/,
    );
    expect(explain("config.https")).toMatch(/unencrypted.*→.*TLS/);
    expect(idsOf("failed")).toEqual(["config.https", "app.reachable"]);
    expect(code).toBe(1);
  });

  test.each<[string, string, Server, RegExp]>([
    [
      "a self-signed certificate",
      "https",
      createTlsServer(selfSigned(), (_, response) => response.end()),
      /a self-signed certificate → .*NODE_EXTRA_CA_CERTS/,
    ],
    [
      "no TLS at an https address",
      "https",
      createServer((_, response) => response.end()),
      /does not speak TLS → .*https.*BETTER_AUTH_URL/,
    ],
    [
      "no response",
      "http",
      createServer((request) => request.socket.destroy()),
      /closes the connection without a response → .*https.*BETTER_AUTH_URL/,
    ],
  ])("fails when it has %s", async (_, scheme, server, expected) => {
    const { code, explain, idsOf } = await examine({
      BETTER_AUTH_URL: `${scheme}://localhost:${await listen(server)}`,
    });
    expect(explain("app.reachable")).toMatch(expected);
    expect(idsOf("failed")).toEqual(["app.reachable"]);
    expect(code).toBe(1);
    server.close();
  });

  it("fails when its certificate is for another name", async () => {
    const certificate = selfSigned(["elsewhere.example"]);
    const trusted = join(folder, "trusted.pem");
    writeFileSync(trusted, certificate.cert);
    const server = createTlsServer(certificate, (_, response) => response.end());
    const { code, explain, idsOf } = await examine({
      BETTER_AUTH_URL: `https://localhost:${await listen(server)}`,
      NODE_EXTRA_CA_CERTS: trusted,
    });
    expect(explain("app.reachable")).toMatch(
      /for another name → .*certificate for this name.*BETTER_AUTH_URL/,
    );
    expect(idsOf("failed")).toEqual(["app.reachable"]);
    expect(code).toBe(1);
    server.close();
  });

  it("warns when its address is not BETTER_AUTH_URL", async () => {
    const { explain } = await examine({ BETTER_AUTH_URL: "https://app.example.invalid" }, [app.origin]);
    expect(explain("app.reachable")).toMatch(/is not BETTER_AUTH_URL/);
  });

  it("fails every check of the gate when there is no gate", async () => {
    // Instead of the gate, a plain server that responds to every request with 200.
    const echo = await startEchoUpstream();
    const { idsOf } = await examine({}, [echo.url]);
    expect(idsOf("failed")).toEqual(["app.gate", "app.bypass", "app.page", "app.headers"]);
    await echo.stop();
  });
});
