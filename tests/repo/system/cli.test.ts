import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { root } from "../../../scripts/lib/root";
import { ensureVenv } from "../../../scripts/stack/backend";
import { type FullStack, startFullStack } from "../../../scripts/stack/test-stack";
import { Visitor } from "../../../scripts/stack/visitor";

/** The clients of `examples/cli` as their users run them, with the running app and FastAPI. */

const PASSWORD = "correct-horse-battery";

let stack: FullStack;
let python: string;
let sql: Client;
let ada: Visitor;
let config: string;
let users = 0;

beforeAll(async () => {
  [stack, python] = await Promise.all([
    startFullStack({ gate: { SESSION_MAX_STALE_SECONDS: "1" } }),
    ensureVenv(),
  ]);
  sql = new Client(stack.databaseUrl);
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await stack?.stop();
});
beforeEach(async () => {
  config = mkdtempSync(path.join(tmpdir(), "gatehouse-cli-"));
  ada = new Visitor(stack.origin);
  await ada.signUp(`ada-${++users}@example.com`);
  await ada.post("/backend/api/tasks", { id: crypto.randomUUID(), title: "Buy milk" });
  return () => rmSync(config, { recursive: true, force: true });
});

const tokenFile = () => path.join(config, "gatehouse/token.json");

interface Run {
  readonly status: number | null;
  readonly out: string;
  readonly error: string;
}

function start(command: string, args: string[], env: Record<string, string> = {}) {
  const child: ChildProcess = spawn(command, args, {
    cwd: config,
    env: {
      PATH: process.env.PATH,
      GATEHOUSE_URL: stack.origin,
      XDG_CONFIG_HOME: config,
      ...env,
    } as unknown as NodeJS.ProcessEnv,
  });
  let out = "";
  let error = "";
  child.stdout?.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    error += chunk;
  });
  const ended = new Promise<Run>((resolve) => {
    child.on("close", (status) => resolve({ status, out, error }));
  });
  return { ended, output: () => out + error };
}

const client = path.join(root, "examples/cli/gatehouse.py");
const startClient = (args: string[], env?: Record<string, string>) => start(python, [client, ...args], env);
const runClient = (args: string[], env?: Record<string, string>) => startClient(args, env).ended;

/** Waits for the code that the client shows, and decides as the signed-in user. */
async function decide(output: () => string, decision: "approve" | "deny"): Promise<void> {
  await expect.poll(output).toMatch(/enter (?:the code )?[A-Z0-9]{4}-?[A-Z0-9]{4}/);
  const code = /([A-Z0-9]{4}-?[A-Z0-9]{4})\s/.exec(output().split("enter")[1] ?? "")?.[1] ?? "";
  expect(output()).toContain(`Open ${stack.origin}/device and enter`);
  const shown = await (await ada.fetch(`/api/auth/device?user_code=${code}`)).json();
  expect(shown).toMatchObject({ client_name: "Gatehouse CLI", status: "pending" });
  expect((await ada.post(`/api/auth/device/${decision}`, { userCode: code })).status).toBe(200);
}

async function signIn(): Promise<void> {
  const login = startClient(["login"]);
  await decide(login.output, "approve");
  const { status, out, error } = await login.ended;
  expect(error).toBe("");
  expect(out).toContain("You are signed in.");
  expect(status).toBe(0);
}

async function createKey(scope: string): Promise<{ id: string; key: string }> {
  const body = { name: "CLI", scope, days: 1, password: PASSWORD };
  return (await ada.post("/api/auth/api-key/create", body)).json();
}

/** A session that ended is noticed after the bound of one second. */
const afterTheBound = () => new Promise((resolve) => setTimeout(resolve, 1_100));

describe("examples/cli/gatehouse.py", () => {
  it("signs in by a code, keeps the token in a file for its user alone, and signs out", async () => {
    await signIn();
    expect(statSync(tokenFile()).mode & 0o777).toBe(0o600);
    expect(await runClient(["tasks"])).toEqual({ status: 0, out: "[ ] Buy milk\n", error: "" });
    expect((await runClient(["add", "Water the plants"])).out).toBe("Added.\n");
    expect((await runClient(["tasks"])).out).toContain("Water the plants");

    const { token } = JSON.parse(readFileSync(tokenFile(), "utf8"));
    expect(await runClient(["logout"])).toEqual({ status: 0, out: "You are signed out.\n", error: "" });
    expect((await runClient(["tasks"])).error).toContain("You are not signed in to");
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${stack.origin}/backend/api/tasks`, { headers })).status).toBe(401);
  });

  it("explains that the session has ended, after a revocation and after it has expired", async () => {
    await signIn();
    await ada.post("/api/auth/revoke-other-sessions", {});
    await afterTheBound();
    const ended = "gatehouse: The session has ended: it expired or was signed out. Run login again.\n";
    expect(await runClient(["tasks"])).toEqual({ status: 1, out: "", error: ended });

    await signIn();
    await sql.query(`update session set "expiresAt" = now() - interval '1 second'`);
    await afterTheBound();
    expect(await runClient(["tasks"])).toEqual({ status: 1, out: "", error: ended });
  });

  it("explains that the user has denied the sign-in", async () => {
    const login = startClient(["login"]);
    await decide(login.output, "deny");
    expect(await login.ended).toMatchObject({ status: 1, error: "gatehouse: The sign-in was denied.\n" });
  });

  it("works with an API key of the environment, within its scope, until it is revoked", async () => {
    const { id, key } = await createKey("tasks:read");
    const env = { GATEHOUSE_API_KEY: key };
    expect((await runClient(["tasks"], env)).out).toBe("[ ] Buy milk\n");
    const refused = await runClient(["add", "x"], env);
    expect(refused).toMatchObject({ status: 1, error: expect.stringContaining("scope tasks:write") });
    await ada.post("/api/auth/api-key/revoke", { id });
    await afterTheBound();
    const error = "gatehouse: The API key is unknown, expired or revoked. Create a new one.\n";
    expect(await runClient(["tasks"], env)).toEqual({ status: 1, out: "", error });
  });

  it("sends the token to no other address", async () => {
    await signIn();
    const other = await runClient(["tasks"], { GATEHOUSE_URL: "http://127.0.0.1:9" });
    expect(other).toMatchObject({ status: 1, error: expect.stringContaining("not signed in to") });
    writeFileSync(tokenFile(), "{");
    expect((await runClient(["tasks"])).error).toContain("not signed in to");
  });

  it("explains that the app cannot be reached, and prints its usage", async () => {
    const env = { GATEHOUSE_URL: "http://127.0.0.1:9" };
    expect((await runClient(["login"], env)).error).toMatch(
      /^gatehouse: http:\/\/127.0.0.1:9 cannot be reached/,
    );
    expect((await runClient([])).error).toContain("gatehouse.py login");
  });
});

describe("examples/cli/curl.sh", () => {
  const script = path.join(root, "examples/cli/curl.sh");

  it("signs in by a code and lists the tasks", async () => {
    const run = start("sh", [script]);
    await decide(run.output, "approve");
    const { status, out } = await run.ended;
    expect(JSON.parse(out).items).toMatchObject([{ title: "Buy milk" }]);
    expect(status).toBe(0);
  });

  it("works with an API key, and fails with an invalid one", async () => {
    const { key } = await createKey("tasks:read");
    const { out } = await start("sh", [script], { GATEHOUSE_API_KEY: key }).ended;
    expect(JSON.parse(out).items).toMatchObject([{ title: "Buy milk" }]);
    const invalid = await start("sh", [script], { GATEHOUSE_API_KEY: "invalid" }).ended;
    expect(invalid.status).not.toBe(0);
    expect(JSON.parse(invalid.out)).toMatchObject({ code: "gate_invalid_credential" });
  });
});
