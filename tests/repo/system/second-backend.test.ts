import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { launchBrowser } from "../../../scripts/lib/chromium";
import { linkTree } from "../../../scripts/lib/link-tree";
import { freePort, LOOPBACK } from "../../../scripts/lib/ports";
import {
  type Environment,
  type RunningProcess,
  respondsAt,
  runProcess,
  startProcess,
} from "../../../scripts/lib/process";
import { root } from "../../../scripts/lib/root";
import { ensureTools } from "../../../scripts/lib/tools";
import { type Backend, ensureVenv, startBackend } from "../../../scripts/stack/backend";
import { type Database, startDatabase, testEnv } from "../../../scripts/stack/test-stack";
import { Visitor } from "../../../scripts/stack/visitor";
import { applySample, readSamples } from "../../fixtures/guides";
import { canPause, pause } from "../../fixtures/pause";
import { copyProject, isolateFromProject, startCopy } from "../../fixtures/project-copy";

/**
 * A project that follows docs/second-backend.md, with two real FastAPI services: the reference
 * backend at /backend, and the one of the page at /reports.
 */

const folder = path.join(root, ".data/second-backend");
const logDir = mkdtempSync(path.join(tmpdir(), "gatehouse-second-backend-"));
const samples = readSamples().filter(({ page }) => page === "second-backend.md");
const commands = samples.filter(({ language }) => language === "sh").map(({ text }) => text);
const EMAIL = "ada@example.com";
const MB = 1024 * 1024;

/** The functions that stop what was started. They run in reverse order. */
const started: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const stop of started.reverse()) await stop();
  rmSync(logDir, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

let database: Database;
let main: Backend;
let reports: RunningProcess & { readonly url: string };
let env: Record<string, string>;

beforeAll(async () => {
  copyProject(folder);
  linkTree(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  await Promise.all([ensureTools(), ensureVenv()]);
  for (const installed of ["scripts/tools/node_modules", "backend/.venv"]) {
    symlinkSync(path.join(root, installed), path.join(folder, installed));
  }
  database = await startDatabase();
  started.push(database.stop);
  const shared = testEnv({ BETTER_AUTH_SECRET: "" });
  main = await startBackend({
    env: { ...shared, BACKEND_SQLITE: path.join(logDir, "tasks.sqlite") },
    logDir,
  });
  started.push(main.stop);
  reports = await startReports(shared);
  for (const sample of samples.filter(({ file }) => file && file !== "main.py")) applySample(sample, folder);
  await run(commands[3]?.replaceAll("http://127.0.0.1:8001", reports.url) ?? "", process.env);
  env = testEnv({ ...database.env, BACKEND_URL: main.url, REPORTS_URL: reports.url });
  isolateFromProject(folder);
  await run("node node_modules/next/dist/bin/next build", { ...env, NODE_ENV: "production" });
}, 600_000);

/** Starts the service of the page with the command of the page. */
async function startReports(shared: Environment) {
  const own = path.join(logDir, "reports");
  mkdirSync(own);
  cpSync(path.join(root, "backend/auth.py"), path.join(own, "auth.py"));
  for (const sample of samples.filter(({ file }) => file === "main.py")) applySample(sample, own);
  const port = await freePort();
  const url = `http://${LOOPBACK}:${port}`;
  const child = await startProcess({
    ...{ name: "reports", command: "sh", cwd: own, logDir, ready: respondsAt(`${url}/health`) },
    args: ["-ec", commands[0]?.replace("8001", String(port)) ?? ""],
    env: { ...shared, PATH: `${path.dirname(await ensureVenv())}:${process.env.PATH}` },
  });
  started.push(child.stop);
  return { ...child, url };
}

function run(command: string, variables: Environment): Promise<void> {
  return runProcess({
    ...{ name: "second-backend", command: "sh", args: ["-ec", command], cwd: folder, logDir },
    env: { ...variables, NEXT_TELEMETRY_DISABLED: "1" },
  });
}

/** Starts the built app, and returns its origin. */
async function startApp(more: Environment): Promise<string> {
  const app = await startCopy(folder, { ...env, ...more }, logDir);
  started.push(app.stop);
  return app.origin;
}

test("a build without REPORTS_URL fails, and names the variable", async () => {
  const { REPORTS_URL: _, ...without } = env;
  await expect(
    run("node node_modules/next/dist/bin/next build", { ...without, NEXT_DIST_DIR: ".next-without" }),
  ).rejects.toThrow(/REPORTS_URL: is not set\. Set it to the address of the backend at \/reports/);
});

test("npm run up without REPORTS_URL says what to set and where", async () => {
  const { REPORTS_URL: _, ...without } = env;
  const variables = { PATH: process.env.PATH, HOME: process.env.HOME, ...without };
  await expect(run("node scripts/run.mjs up", variables)).rejects.toThrow(
    /REPORTS_URL: is not set, the address of the backend at \/reports\. Start this backend, and add its address to \.env\.local, such as REPORTS_URL=http:\/\/127\.0\.0\.1:8001/,
  );
});

test("npm run api:types refuses a document without a backend, and names it", async () => {
  const stray = path.join(folder, "lib/api", "report.openapi.json");
  writeFileSync(stray, "{}");
  try {
    await expect(run("node scripts/run.mjs api-types", process.env)).rejects.toThrow(
      /lib\/api\/report\.openapi\.json: no backend has this name\. lib\/routes\.ts has further backends for reports\.openapi\.json/,
    );
  } finally {
    rmSync(stray);
  }
});

let accounts = 0;
async function signUp(origin: string) {
  const member = new Visitor(origin);
  const email = `${++accounts}-${EMAIL}`;
  await member.signUp(email);
  return { member, email };
}

const codeOf = async (response: Response) => [response.status, (await response.json()).code];

describe.each(["rewrite", "relay"])("two backends, with forwarding by %s", (forwarding) => {
  let origin: string;
  let member: Visitor;
  let email: string;

  beforeAll(async () => {
    origin = await startApp({ BACKEND_FORWARD: forwarding });
    ({ member, email } = await signUp(origin));
  });

  it("each get a token that they accept, in one session", async () => {
    expect(await (await member.fetch("/backend/api/me")).json()).toMatchObject({ email });
    expect(await (await member.fetch("/reports/api/summary")).json()).toEqual({ owner: email, open: 3 });
  });

  it("each refuse the token of the other", async () => {
    const swapped = await startApp({
      ...{ BACKEND_FORWARD: forwarding, BACKEND_URL: reports.url, REPORTS_URL: main.url },
    });
    const visitor = new Visitor(swapped);
    for (const [name, value] of member.cookies) visitor.cookies.set(name, value);
    const refused = [401, "token_wrong_audience"];
    expect(await codeOf(await visitor.fetch("/backend/api/summary"))).toEqual(refused);
    expect(await codeOf(await visitor.fetch("/reports/api/me"))).toEqual(refused);
  });

  it("each refuse a request without a session", async () => {
    for (const path of ["/backend/api/me", "/reports/api/summary"]) {
      expect(await codeOf(await fetch(origin + path))).toEqual([401, "gate_signed_out"]);
    }
  });

  it("each have their own limit for bodies", async () => {
    const send = (path: string, bytes: number) => member.post(path, { title: "x".repeat(bytes) });
    expect((await send("/reports/api/summary", MB - 100)).status).toBe(405);
    expect(await codeOf(await send("/reports/api/summary", MB))).toEqual([413, "gate_body_too_large"]);
    expect((await send("/backend/api/me", 2 * MB)).status).toBe(405);
  });

  it("both have the policy that lets the response run no script", async () => {
    for (const path of ["/backend/api/me", "/reports/api/summary"]) {
      const { headers } = await member.fetch(path);
      expect(headers.get("content-security-policy")).toContain("sandbox");
    }
  });

  it.runIf(canPause)("each have their own time limit", async () => {
    const resume = [pause(reports.pid), pause(main.pid)];
    try {
      const begin = Date.now();
      const abort = new AbortController();
      let isMainSilent = true;
      const pending = member.fetch("/backend/api/me", { signal: abort.signal }).then(
        () => {
          isMainSilent = false;
        },
        () => undefined,
      );
      expect(await codeOf(await member.fetch("/reports/api/summary"))).toEqual([504, "gate_backend_timeout"]);
      expect(Date.now() - begin).toBeGreaterThan(4_900);
      expect(Date.now() - begin).toBeLessThan(15_000);
      expect(isMainSilent).toBe(true);
      abort.abort();
      await pending;
    } finally {
      for (const one of resume) one();
    }
    expect((await member.fetch("/reports/api/summary")).status).toBe(200);
  });

  it("that take no WebSocket refuse one", async () => {
    const handshake = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"].flatMap(
      (header) => ["-H", header],
    );
    const key = ["-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "-H", `Cookie: ${member.cookieHeader}`];
    const args = ["-s", "-i", "--max-time", "10", ...handshake, ...key, `${origin}/reports/live`];
    const received = execFileSync("curl", args).toString();
    expect(received).toMatch(/^HTTP\/1\.1 400 /);
    expect(received).toContain('"code":"gate_not_websocket"');
  });
});

describe("the app with two backends", () => {
  let origin: string;
  beforeAll(async () => {
    origin = await startApp({ TOKEN_ENDPOINT: "on" });
  });

  it("calls the second one from a page, on the server and in the browser", async () => {
    const { member } = await signUp(origin);
    const browser = await launchBrowser();
    started.push(() => browser.close());
    const context = await browser.newContext({ baseURL: origin });
    await context.addCookies(Array.from(member.cookies, ([name, value]) => ({ name, value, url: origin })));
    const page = await context.newPage();
    await page.goto("/report");
    expect(await page.textContent("h1")).toBe("3 open");
    await page.click("text=Again");
    await page.waitForSelector("text=3 still open");
  });

  it("is ready when both are", async () => {
    const response = await fetch(`${origin}/api/health/ready`);
    expect(await response.json()).toEqual({
      ...{ status: "ready", database: "ok", backend: "ok", "backend-reports": "ok" },
    });
  });

  it.runIf(canPause)("deletes an account only when both have deleted its data", async () => {
    const { member } = await signUp(origin);
    const remove = () => member.post("/api/auth/delete-user", { password: "correct-horse-battery" });
    const resume = pause(reports.pid);
    try {
      expect((await remove()).status).toBe(503);
    } finally {
      resume();
    }
    expect((await member.fetch("/backend/api/me")).status).toBe(200);
    expect((await remove()).status).toBe(200);
  });

  it("gives a program a token for each of them, which no other one accepts", async () => {
    const { member, email } = await signUp(origin);
    const tokenFor = async (prefix: string) =>
      (await (await member.fetch(`/api/auth/token?backend=${prefix}`)).json()).token as string;
    const send = (url: string, token: string) =>
      fetch(url, { headers: { authorization: `Bearer ${token}` } });
    const [ofMain, ofReports] = [await tokenFor("/backend"), await tokenFor("/reports")];

    const summary = { owner: email, open: 3 };
    expect(await (await send(`${origin}/reports/api/summary`, ofReports)).json()).toEqual(summary);
    expect(await (await send(`${reports.url}/api/summary`, ofReports)).json()).toEqual(summary);
    expect(await (await send(`${origin}/backend/api/me`, ofMain)).json()).toMatchObject({ email });

    const refusedByGate = [401, "gate_invalid_credential"];
    expect(await codeOf(await send(`${origin}/backend/api/me`, ofReports))).toEqual(refusedByGate);
    expect(await codeOf(await send(`${origin}/reports/api/summary`, ofMain))).toEqual(refusedByGate);
    const refusedByFastApi = [401, "token_wrong_audience"];
    expect(await codeOf(await send(`${main.url}/api/me`, ofReports))).toEqual(refusedByFastApi);
    expect(await codeOf(await send(`${reports.url}/api/summary`, ofMain))).toEqual(refusedByFastApi);
  });

  it("gives no token for another prefix, to a page or without a session", async () => {
    const { member } = await signUp(origin);
    const unknown = await member.fetch("/api/auth/token?backend=/other");
    expect([unknown.status, await unknown.json()]).toEqual([
      400,
      {
        code: "UNKNOWN_BACKEND",
        message: "No backend has this prefix. The prefixes are /backend /reports",
      },
    ]);
    const path = "/api/auth/token?backend=/reports";
    const headers = { "sec-fetch-site": "same-origin" };
    expect(await codeOf(await member.fetch(path, { headers }))).toEqual([403, "token_not_for_pages"]);
    expect((await fetch(origin + path)).status).toBe(401);
  });

  interface Result {
    id: string;
    status: string;
    findings?: { fix: string }[];
  }

  /** Runs a command that checks the app, and returns the checks of its JSON document by their id. */
  async function check(command: string, ...args: string[]): Promise<Map<string, Result>> {
    const all = ["scripts/run.mjs", command, "--json", ...args, origin];
    const options = { cwd: folder, env: { ...process.env, ...env, BETTER_AUTH_URL: origin } };
    // Not synchronous: the database's endpoint is in this process. The exit code is 1 if a check fails.
    const { stdout } = await promisify(execFile)(process.execPath, all, options).catch(
      (error: { stdout: string }) => error,
    );
    const { checks } = JSON.parse(stdout) as { checks: Result[] };
    return new Map(checks.map((result) => [result.id, result]));
  }

  /** Expects that no check has failed. Returns the status of each. */
  async function expectToPass(command: string) {
    const results = await check(command, "--path", "/reports/api/summary");
    expect([...results.values()].filter(({ status }) => status === "failed")).toEqual([]);
    return (id: string) => results.get(id)?.status;
  }

  it("passes every check of conform, which checks each of them", async () => {
    const statusOf = await expectToPass("conform");
    for (const id of [
      ...["matrix.me", "tokens.forged-authorization", "tokens.forged-cache", "tokens.swapped-cache"],
      "headers.backend-no-store",
    ]) {
      expect(statusOf(id), id).toBe("passed");
      expect(statusOf(`${id}.reports`), `${id}.reports`).toBe("passed");
    }
    expect(statusOf("tokens.audience")).toBe("passed");
  });

  it("passes every check of the doctor", async () => {
    const statusOf = await expectToPass("doctor");
    for (const name of [
      ...["https", "reachable", "clock", "anonymous", "accepts", "refuses.wrong-audience"],
      "refuses.other-backends",
    ]) {
      expect(statusOf(`backend.reports.${name}`), name).toBe("passed");
      expect(statusOf(`backend.${name}`), name).toBe("passed");
    }
    expect(statusOf("config.REPORTS_URL")).toBe("passed");
    expect(statusOf("project.rewrite-caching")).toBe("passed");
    expect(statusOf("app.gate")).toBe("passed");
  });

  it("gets from the doctor the option that names a path of the second one", async () => {
    const results = await check("doctor");
    expect(results.get("backend.reports.accepts")).toMatchObject({
      status: "failed",
      findings: [{ fix: expect.stringMatching(/: npm run doctor -- --path \/reports\/api\/me$/) }],
    });
    for (const name of ["another-key", "other-backends"]) {
      expect(results.get(`backend.reports.refuses.${name}`)?.status, name).toBe("skipped");
    }
    expect(results.get("backend.accepts")?.status).toBe("passed");
  });
});
