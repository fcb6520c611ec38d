import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import type { Line } from "../../scripts/checks/doctor/check";
import { type Backend, ensureVenv, startBackend } from "../../scripts/stack/backend";
import { startEmbeddedPostgres } from "../../scripts/stack/embedded-postgres";
import { startNeonEndpoint } from "../../scripts/stack/neon-endpoint";
import { freePort, listen } from "../../scripts/stack/ports";
import { type App, startApp, startDatabase, testEnv } from "../../scripts/stack/test-stack";
import { selfSigned } from "../fixtures/certificate";
import { startEchoUpstream } from "../fixtures/echo-upstream";

/**
 * `npm run doctor` on a correct stack, and then with one error at a time: the line of that check
 * fails, and explains how to fix it.
 */

const draw = () => randomBytes(32).toString("base64url");
const KEY = draw();
const AUTH = draw();

let folder: string;
let backend: Backend;
let app: App;
let sound: Record<string, string>;
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
  sound = { ...secrets, ...database.env, BACKEND_URL: backend.url, BETTER_AUTH_URL: app.origin };
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
  const env = testEnv({ ...sound, ...changes });
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
  const { checks } = JSON.parse(output) as { checks: Line[] };
  return {
    code,
    checks,
    states: (state: Line["state"]) => checks.filter((line) => line.state === state).map(({ id }) => id),
    said(id: string) {
      const line = checks.find((candidate) => candidate.id === id);
      return line && "findings" in line
        ? line.findings.map(({ reason, mend }) => `${reason} → ${mend}`).join("\n")
        : line?.state;
    },
  };
}

const FORGED = ["another-key", "unsigned", "expired", "wrong-issuer", "wrong-audience"].map(
  (name) => `backend.refuses.${name}`,
);

describe("a sound stack", () => {
  it("is in order, line for line", async () => {
    const { code, checks, states } = await examine();
    expect(checks.filter(({ state }) => state === "fail" || state === "skipped")).toEqual([]);
    expect(states("warn")).toEqual([]);
    expect(states("ok")).toEqual(expect.arrayContaining([...FORGED, "backend.accepts", "app.cookies"]));
    expect(code).toBe(0);
  });

  it("is told as text, with a summary, when nobody asks for JSON", async () => {
    const { code, output } = await doctor();
    expect(output).toMatch(/FastAPI\n {2}✓ .*\n[\s\S]*\d+ in order, 0 to look at, 0 to mend, 0 skipped\n$/);
    expect(code).toBe(0);
  });
});

test.each<[string, Record<string, string>, string, RegExp]>([
  [
    "another JWT secret",
    { JWT_SECRET_KEY: draw() },
    "backend.accepts",
    /JWT_SECRET_KEY differs.*→.*same value/,
  ],
  [
    "a new key that FastAPI has not got yet",
    { JWT_SECRET_KEY: `${draw()},${KEY}` },
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
    /is also a secret of Better Auth's/,
  ],
  [
    "a connection string that the driver would refuse",
    { DATABASE_URL: "postgresql://u:hush-hush@host" },
    "config.DATABASE_URL",
    /DATABASE_URL names no database → It looks like postgresql:/,
  ],
  ["an unfit value", { MAX_BODY_MB: "many" }, "config.optional", /MAX_BODY_MB is "many"/],
  [
    "a host of FastAPI's that does not exist",
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
])("%s fails its line, with the mend", async (_, changes, id, expected) => {
  const { code, said, states } = await examine(changes);
  expect(said(id)).toMatch(expected);
  expect(states("fail")).toEqual([id]);
  expect(code).toBe(1);
});

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
])("%s down fails its line, with the mend", async (_, variable, id, expected) => {
  const { code, said, states } = await examine({ [variable]: `http://127.0.0.1:${await freePort()}` });
  expect(said(id)).toMatch(expected);
  expect(states("fail")).toEqual([id]);
  expect(code).toBe(1);
});

it("a refusal of forged tokens counts for nothing while the good one is refused", async () => {
  const { states } = await examine({ JWT_SECRET_KEY: draw() });
  expect(states("skipped")).toEqual(expect.arrayContaining(FORGED));
});

it("a secret that was typed is a warning, and the exit code stays 0", async () => {
  const typed = "abcdefghijklmnopqrstuvwxyz0123456789";
  const { code, said, states } = await examine({ BETTER_AUTH_SECRET: typed });
  expect(said("config.strength.BETTER_AUTH_SECRET")).toMatch(/typed rather than drawn.*→.*openssl/);
  expect(states("fail")).toEqual([]);
  expect(code).toBe(0);
});

it("a database that was not migrated names what it lacks", async () => {
  const postgres = await startEmbeddedPostgres();
  const endpoint = await startNeonEndpoint({ databaseUrl: postgres.url });
  const { said, states } = await examine({ DATABASE_URL: postgres.url, NEON_ENDPOINT: endpoint.url });
  expect(said("database.migrated")).toMatch(/lacks table .*→.*npm run migrate/);
  expect(states("fail")).toEqual(["database.migrated"]);
  await endpoint.close();
  await postgres.close();
});

test.each([
  ["ahead", 3600],
  ["behind", -3600],
])(
  "a clock of FastAPI's that is an hour %s is found by its Date, and as the reason of the 401",
  async (word, by) => {
    const shim = mkdtempSync(join(folder, "clock-"));
    // Python runs this file first. So the backend is unchanged, but its clock is wrong.
    writeFileSync(
      join(shim, "sitecustomize.py"),
      `import time\n_time = time.time\ntime.time = lambda: _time() + ${by}\n`,
    );
    const wrong = await backendWith({ PYTHONPATH: shim });
    const { said, states } = await examine({ BACKEND_URL: wrong.url });
    expect(said("backend.clock")).toMatch(new RegExp(`36\\d\\d s ${word}|3599 s ${word}.*→.*NTP`));
    expect(said("backend.accepts")).toMatch(new RegExp(`clock is .* ${word}`));
    expect(states("fail")).toEqual(["backend.clock", "backend.accepts"]);
  },
);

it("a backend that takes anything is said in capitals", async () => {
  const open = createServer((_, response) => response.end("{}"));
  const { code, said, states } = await examine({ BACKEND_URL: `http://127.0.0.1:${await listen(open)}` });
  for (const id of FORGED) expect(said(id)).toMatch(/FASTAPI ACCEPTS A FORGED TOKEN .*→.*CurrentUser/);
  expect(said("backend.anonymous")).toMatch(/FASTAPI ACCEPTS A CALL WITHOUT A TOKEN/);
  expect(states("warn")).toContain("backend.no-store");
  expect(code).toBe(1);
  open.close();
});

it("a path that the backend does not have is asked for by name", async () => {
  const missing = await examine({}, ["--path", "/api/nobody"]);
  expect(missing.said("backend.accepts")).toMatch(/answers 404.*→.*--path/);
  const named = await examine({}, ["--path", "/api/tasks"]);
  expect(named.states("fail")).toEqual([]);
});

describe("the running app", () => {
  it("is passed over when nothing listens at a BETTER_AUTH_URL on this machine", async () => {
    const { code, states } = await examine({ BETTER_AUTH_URL: `http://localhost:${await freePort()}` });
    expect(states("skipped")).toContain("app.reachable");
    expect(states("fail")).toEqual([]);
    expect(code).toBe(0);
  });

  it("has to answer when it is named", async () => {
    const { said, code } = await examine({}, [`http://127.0.0.1:${await freePort()}`]);
    expect(said("app.reachable")).toMatch(/nothing listens there → Start the app, or correct the address/);
    expect(code).toBe(1);
  });

  it("has to have a name that can be looked up", async () => {
    const { code, said, states } = await examine({ BETTER_AUTH_URL: "http://app.example.invalid" });
    expect(said("app.reachable")).toMatch(
      /host (that does not exist|whose name cannot be looked up) → Correct BETTER_AUTH_URL, or .* DNS/,
    );
    expect(said("config.https")).toMatch(/in the clear.*→.*TLS/);
    expect(states("fail")).toEqual(["config.https", "app.reachable"]);
    expect(code).toBe(1);
  });

  test.each<[string, string, Server, RegExp]>([
    [
      "a certificate that nobody vouches for",
      "https",
      createTlsServer(selfSigned(), (_, response) => response.end()),
      /a certificate that nobody vouches for → .*NODE_EXTRA_CA_CERTS/,
    ],
    [
      "no TLS, where it should",
      "https",
      createServer((_, response) => response.end()),
      /does not speak TLS → .*https.*BETTER_AUTH_URL/,
    ],
    [
      "no answer",
      "http",
      createServer((request) => request.socket.destroy()),
      /closes them without an answer → .*https.*BETTER_AUTH_URL/,
    ],
  ])("is not passed over when it has %s", async (_, scheme, server, expected) => {
    const { code, said, states } = await examine({
      BETTER_AUTH_URL: `${scheme}://localhost:${await listen(server)}`,
    });
    expect(said("app.reachable")).toMatch(expected);
    expect(states("fail")).toEqual(["app.reachable"]);
    expect(code).toBe(1);
    server.close();
  });

  it("has to have a certificate for its name", async () => {
    const certificate = selfSigned(["elsewhere.example"]);
    const trusted = join(folder, "trusted.pem");
    writeFileSync(trusted, certificate.cert);
    const server = createTlsServer(certificate, (_, response) => response.end());
    const { code, said, states } = await examine({
      BETTER_AUTH_URL: `https://localhost:${await listen(server)}`,
      NODE_EXTRA_CA_CERTS: trusted,
    });
    expect(said("app.reachable")).toMatch(/for another name → .*made out for this name.*BETTER_AUTH_URL/);
    expect(states("fail")).toEqual(["app.reachable"]);
    expect(code).toBe(1);
    server.close();
  });

  it("is found under another address than its own", async () => {
    const { said } = await examine({ BETTER_AUTH_URL: "https://app.example.invalid" }, [app.origin]);
    expect(said("app.reachable")).toMatch(/is not BETTER_AUTH_URL/);
  });

  it("without a gate fails every line of the gate's", async () => {
    // Instead of the gate, a plain server that responds to every request with 200.
    const echo = await startEchoUpstream();
    const { states } = await examine({}, [echo.url]);
    expect(states("fail")).toEqual(["app.gate", "app.bypass", "app.page", "app.headers"]);
    await echo.stop();
  });
});
