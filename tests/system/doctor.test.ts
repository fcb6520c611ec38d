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
import { slugOf } from "../../lib/backends";
import { routes } from "../../lib/routes";
import type { Result } from "../../scripts/checks/run";
import { freePort, listen } from "../../scripts/lib/ports";
import { type Backend, ensureVenv, startBackend } from "../../scripts/stack/backend";
import { startEmbeddedPostgres } from "../../scripts/stack/embedded-postgres";
import { startNeonEndpoint } from "../../scripts/stack/neon-endpoint";
import { startOtherBackends } from "../../scripts/stack/other-backends";
import { type App, startApp, startDatabase, testEnv } from "../../scripts/stack/test-stack";
import { selfSigned } from "../fixtures/certificate";
import { startEchoUpstream } from "../fixtures/echo-upstream";
import { everyNth } from "../fixtures/full";

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
  const others = await startOtherBackends(testEnv(secrets));
  started.push(others);
  app = await startApp({ ...secrets, BACKEND_URL: backend.url }, database);
  started.push(app);
  const addresses = { ...others.env, BACKEND_URL: backend.url, BETTER_AUTH_URL: app.origin };
  correct = { ...secrets, ...database.env, ...addresses };
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
    for (const secret of (env[name] ?? "").split(",").filter(Boolean)) expect(output).not.toContain(secret);
  }
  expect(output).not.toMatch(/eyJ|hush-hush/);
  expect(output).not.toContain("\u001b");
  return { code, output };
}

/** The tests look at the checks of the first backend. Those of further ones are the same checks. */
const OF_OTHERS = routes.backends.slice(1).map((backend) => `backend.${slugOf(backend)}.`);

async function examine(changes: Record<string, string> = {}, args: string[] = []) {
  const { code, output } = await doctor(changes, ["--json", ...args]);
  const { checks: all } = JSON.parse(output) as { checks: Result[] };
  const checks = all.filter(({ id }) => !OF_OTHERS.some((topic) => id.startsWith(topic)));
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

test.each(everyNth(4, mistakes))(
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

it.each(
  everyNth<[string, string, string]>(2, [
    ["sessions", "session", "a session lookup also extends and deletes"],
    ["API keys", "apiKey", "the lookup of a key also writes when it was used"],
  ]),
)("a database user without the right to change %s in %s fails: %s", async (_, table) => {
  const database = await startDatabase();
  const sql = new Client(database.url);
  await sql.connect();
  // The user of the embedded database has all rights, so a trigger refuses the statement.
  await sql.query(
    `create function deny() returns trigger language plpgsql as 'begin raise insufficient_privilege; end'`,
  );
  await sql.query(
    `create trigger deny before update on "${table}" for each statement execute function deny()`,
  );
  await sql.end();
  const { explain, idsOf } = await examine(database.env);
  expect(explain("database.lookup")).toMatch(
    /status 400 and Postgres's error code 42501.*→.*UPDATE and DELETE/,
  );
  expect(idsOf("failed")).toEqual(["database.lookup"]);
  await database.stop();
});

test.each(
  everyNth<[string, number]>(2, [
    ["ahead", 3600],
    ["behind", -3600],
  ]),
)(
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

  test.each(
    everyNth<[string, string, Server, RegExp]>(2, [
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
    ]),
  )("fails when it has %s", async (_, scheme, server, expected) => {
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

  it("fails when it refuses forms from its own address", async () => {
    const elsewhere = await startApp({
      ...{ BACKEND_URL: backend.url, BETTER_AUTH_URL: "https://app.example.invalid" },
      ...{ DATABASE_URL: correct.DATABASE_URL as string, NEON_ENDPOINT: correct.NEON_ENDPOINT as string },
    });
    started.push(elsewhere);
    const { explain, idsOf } = await examine({}, [elsewhere.origin]);
    expect(explain("app.origin")).toMatch(
      new RegExp(
        `refuses a form from ${elsewhere.origin} .* → Set BETTER_AUTH_URL of the deployment to ${elsewhere.origin}`,
      ),
    );
    expect(idsOf("failed")).toEqual(["app.origin"]);
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

/** The variables of a folder in which nothing is set. */
const NOTHING = {
  BETTER_AUTH_URL: "",
  BETTER_AUTH_SECRET: "",
  JWT_SECRET_KEY: "",
  DATABASE_URL: "",
  NEON_ENDPOINT: "",
  BACKEND_URL: "",
};

describe("npm run doctor with an address and without variables", () => {
  it("checks a correct app from outside, and names the variables that are not set", async () => {
    const { code, idsOf, explain, checks } = await examine(NOTHING, [app.origin]);
    expect(idsOf("failed")).toEqual([]);
    expect(code).toBe(0);
    const ofApp = checks.filter(({ id }) => id.startsWith("app."));
    expect(ofApp.filter(({ status }) => status !== "passed")).toEqual([]);
    const skipped = checks.find(({ id }) => id === "config.DATABASE_URL");
    expect(skipped).toMatchObject({
      reason:
        "the app is checked only from outside; not set here: BETTER_AUTH_SECRET, JWT_SECRET_KEY, DATABASE_URL, BACKEND_URL",
    });
    expect(explain("config.JWT_SECRET_KEY")).toBe("skipped");
    expect(idsOf("skipped")).toEqual(expect.arrayContaining(["database.reachable", "backend.accepts"]));
  });

  test.each(
    everyNth<[string, () => Promise<Record<string, string>>, RegExp]>(2, [
      [
        "tables are missing",
        async () => {
          const postgres = await startEmbeddedPostgres();
          const endpoint = await startNeonEndpoint({ databaseUrl: postgres.url });
          started.push({ stop: () => postgres.close() }, { stop: () => endpoint.close() });
          return { BACKEND_URL: backend.url, DATABASE_URL: postgres.url, NEON_ENDPOINT: endpoint.url };
        },
        /^the app cannot read its tables.* → With the DATABASE_URL of the deployment, run: npm run migrate/,
      ],
      [
        "database is not reachable",
        async () => ({ BACKEND_URL: backend.url, NEON_ENDPOINT: `http://127.0.0.1:${await freePort()}` }),
        /^the app cannot read its tables.* → .*correct DATABASE_URL/,
      ],
      [
        "FastAPI is not reachable",
        async () => ({ BACKEND_URL: `http://127.0.0.1:${await freePort()}` }),
        /^the app cannot reach FastAPI for \/backend: BACKEND_URL is wrong.* → Open the address in BACKEND_URL/,
      ],
      [
        "FastAPI has an address at Vercel that no deployment has",
        async () => ({ BACKEND_URL: await respondAlways(404, { "x-vercel-error": "DEPLOYMENT_NOT_FOUND" }) }),
        /^the app cannot reach FastAPI for \/backend: BACKEND_URL is wrong/,
      ],
      [
        "FastAPI is behind Vercel's protection",
        async () => ({
          BACKEND_URL: await respondAlways(401, { "set-cookie": "_vercel_sso_nonce=x; Path=/" }),
        }),
        /^the app cannot reach FastAPI for \/backend/,
      ],
    ]),
  )("finds that its %s", async (_, prepare, expected) => {
    const { DATABASE_URL = "", NEON_ENDPOINT = "" } = correct;
    const unfinished = await startApp({ DATABASE_URL, NEON_ENDPOINT, ...(await prepare()) });
    started.push(unfinished);
    const { code, explain, idsOf } = await examine(NOTHING, [unfinished.origin]);
    expect(explain("app.ready")).toMatch(expected);
    expect(idsOf("failed")).toEqual(["app.ready"]);
    expect(code).toBe(1);
  });

  test.each<[string, number, Record<string, string>, RegExp]>([
    [
      "is behind Vercel's protection",
      401,
      { "set-cookie": "_vercel_sso_nonce=x; Path=/; Secure; HttpOnly" },
      /Deployment Protection lets only your team .* → Set the address to the production domain/,
    ],
    [
      "does not exist",
      404,
      { "x-vercel-error": "DEPLOYMENT_NOT_FOUND" },
      /has no deployment for the app at this address \(DEPLOYMENT_NOT_FOUND\) → Correct the address/,
    ],
    [
      "does not start",
      500,
      { "x-vercel-error": "MIDDLEWARE_INVOCATION_FAILED" },
      /the app fails on Vercel \(MIDDLEWARE_INVOCATION_FAILED\) → Read the runtime log .*deploy again/,
    ],
  ])("finds that a deployment %s", async (_, status, headers, expected) => {
    const { code, explain, idsOf } = await examine(NOTHING, [await respondAlways(status, headers)]);
    expect(explain("app.reachable")).toMatch(expected);
    expect(idsOf("failed")).toEqual(["app.reachable"]);
    expect(code).toBe(1);
  });
});

/** Starts a server that sends the same response to every request. Returns its URL. */
async function respondAlways(status: number, headers: Record<string, string>): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status, headers).end());
  started.push({ stop: async () => void server.close() });
  return `http://127.0.0.1:${await listen(server)}`;
}
