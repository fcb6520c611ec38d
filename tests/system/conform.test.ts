import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import type { Account, Target } from "../../scripts/checks/conform/account";
import { TASKS } from "../../scripts/checks/conform/assertions";
import { checks } from "../../scripts/checks/conform/checks";
import { createContext } from "../../scripts/checks/conform/context";
import { fetchTasks } from "../../scripts/checks/conform/tasks";
import { createAccounts } from "../../scripts/checks/conform/throwaway-accounts";
import { createConnect, createSend } from "../../scripts/checks/probe";
import { type Result, runChecks } from "../../scripts/checks/run";
import { isFull } from "../../scripts/lib/full-tests";
import { freePort, listen } from "../../scripts/lib/ports";
import { type App, type FullStack, startApp, startFullStack } from "../../scripts/stack/test-stack";
import { type Defect, startDefectiveProxy } from "../fixtures/defective-proxy";
import { defectsFor, sets } from "../fixtures/defects";
import { everyNth } from "../fixtures/full";

/** `npm run conform`: a correct deployment passes, and one that fails any check does not. */

function start(args: string[], more: Record<string, string> = {}): ChildProcess {
  const { npm_lifecycle_event: _, ...env } = process.env;
  return spawn(process.execPath, ["scripts/run.mjs", "conform", ...args], { env: { ...env, ...more } });
}

async function conform(args: string[], more: Record<string, string> = {}) {
  const child = start(args, more);
  let [out, err] = ["", ""];
  child.stdout?.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    err += chunk;
  });
  const [code] = await once(child, "close");
  return { code, out, err };
}

async function readEmails(databaseUrl: string): Promise<string[]> {
  const sql = new Client({ connectionString: databaseUrl });
  await sql.connect();
  const { rows } = await sql.query<{ email: string }>(`select email from "user"`);
  await sql.end();
  return rows.map(({ email }) => email);
}

/**
 * The checks that are skipped. With plain http there is no Secure attribute and no HSTS. The token
 * endpoint is off; with one backend its check does not exist. And `next start` reads the whole body
 * before the gate can respond.
 */
const skipped = ["cookies.secure", "tokens.audience", "headers.hsts", "bypass.too-large"].filter((id) =>
  checks.some((check) => check.id === id),
);

/** Runs it with `--json`, and checks its output, its exit code and that it leaves no accounts. */
async function expectToPass(stack: FullStack): Promise<void> {
  const { code, out, err } = await conform([stack.origin, "--json"]);
  const { url, time, checks: results, totals } = JSON.parse(out) as Document;
  const idsOf = (status: string) => results.filter((result) => result.status === status).map(({ id }) => id);
  expect(err).toBe("");
  expect(idsOf("failed")).toEqual([]);
  expect(code).toBe(0);
  expect(url).toBe(stack.origin);
  expect(Date.parse(time)).toBeGreaterThan(0);
  expect(results.map(({ id }) => id)).toEqual(checks.map(({ id }) => id));
  expect(idsOf("skipped")).toEqual(skipped);
  const passed = checks.length - skipped.length;
  expect(totals).toEqual({ passed, warning: 0, failed: 0, skipped: skipped.length });
  expect(await readEmails(stack.databaseUrl)).toEqual([]);
}

/** Why a check failed or was skipped. */
function explain(result: Result | undefined): string {
  if (result?.status === "failed") return result.findings.map(({ reason }) => reason).join("\n");
  return result?.status === "skipped" ? result.reason : "";
}

interface Document {
  url: string;
  time: string;
  checks: { id: string; status: string }[];
  totals: Record<string, number>;
}

describe("a deployment behind https", () => {
  let stack: FullStack;
  let proxy: Awaited<ReturnType<typeof startDefectiveProxy>>;
  let sql: Client;
  let target: Target;
  let accounts: ReturnType<typeof createAccounts>;
  let ada: Account;
  let bob: Account;
  let defects: Record<string, Defect>;

  beforeAll(async () => {
    proxy = await startDefectiveProxy();
    stack = await startFullStack({ gate: { BETTER_AUTH_URL: proxy.origin, TOKEN_ENDPOINT: "on" } });
    proxy.forwardTo(stack.origin);
    sql = new Client({ connectionString: stack.databaseUrl });
    await sql.connect();
    const send = createSend(proxy.origin, createConnect(proxy.origin, { ca: proxy.ca }));
    target = { origin: proxy.origin, maxStale: 1, send };
    accounts = createAccounts(target);
    ada = await accounts.signUp();
    bob = await accounts.signUp();
    defects = defectsFor(proxy.origin, ada, bob);
  });
  afterAll(async () => {
    await sql?.end();
    await stack?.stop();
    await proxy?.stop();
  });
  beforeEach(async () => {
    proxy.setDefect({});
    // These tests sign in more often than the rate limits allow.
    await sql.query(`delete from "rateLimit"`);
  });

  it("passes all checks, including those that need https", async () => {
    // next.config.ts decides about HSTS when the app is built, and this build is for http. A proxy
    // that terminates TLS can add the header as well.
    proxy.setDefect(sets("Strict-Transport-Security", () => "max-age=63072000"));
    const results = await runChecks(checks, createContext(target, ada, bob));
    const others = results.filter(({ status }) => status !== "passed");
    expect(others.map((result) => `${result.id}: ${explain(result)}`)).toEqual([
      "bypass.too-large: the server responds only after it has received the whole body",
    ]);
  });

  it("has exactly one defect for each check", () => {
    expect(Object.keys(defects).sort()).toEqual(checks.map(({ id }) => id).sort());
  });

  test.each(checks.map((check) => [check.id, check] as const))(
    "with one defect fails %s",
    async (id, check) => {
      proxy.setDefect(defects[id] ?? {});
      const one = id === "tokens.sign-up" ? await accounts.signUp() : ada;
      const [result] = await runChecks([check], createContext(target, one, bob));
      expect(result?.status, explain(result)).toBe("failed");
      // The reason names the expected and the actual result. If the check itself had crashed, the
      // reason would be different.
      expect(explain(result)).toMatch(/^expected .+; got ./s);
    },
  );

  it("with one defect makes the command fail, and the output says what is wrong and how to fix it", async () => {
    const before = await readEmails(stack.databaseUrl);
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-"));
    writeFileSync(join(folder, "ca.pem"), proxy.ca);
    proxy.setDefect(defects["headers.framing"] ?? {});
    const { code, out } = await conform([proxy.origin.replace("127.0.0.1", "localhost")], {
      NODE_EXTRA_CA_CERTS: join(folder, "ca.pem"),
    });
    rmSync(folder, { recursive: true });
    expect(code).toBe(1);
    expect(out).toMatch(
      /✗ no other site can frame a page \(.*\)\n +expected frame-ancestors 'none' on \/; got \*\n +→ edge/,
    );
    expect(await readEmails(stack.databaseUrl)).toEqual(before);
  });

  it("is refused under another address than its BETTER_AUTH_URL", async () => {
    const { code, err } = await conform([stack.origin]);
    expect(err).toMatch(/the app has another address. Give the one in its BETTER_AUTH_URL.\n$/);
    expect(code).toBe(1);
  });

  it("that deletes no account gets a list of the accounts to delete", async () => {
    const stuck = createAccounts(target);
    const guest = await stuck.signUp();
    proxy.setDefect({
      request: (request) => {
        request.target = request.target.replace("/delete-user", "/nowhere");
      },
    });
    expect(await stuck.deleteAll()).toEqual([guest.email]);
    proxy.setDefect({});
    expect((await guest.post("/api/auth/delete-user", { password: guest.password })).status).toBe(200);
  });

  it("loses the throw-away accounts at the end, and no other user's tasks", async () => {
    const owner = createAccounts(target);
    const carol = await owner.signUp();
    await carol.post(TASKS, { title: "buy milk" });
    // Tasks that a defect in an earlier test let through.
    expect((await fetchTasks(ada)).length).toBeGreaterThan(0);
    // From here on Bob can see and delete Carol's tasks.
    proxy.setDefect(defectsFor(proxy.origin, carol, bob)["tokens.own-tasks"] ?? {});
    await bob.post(TASKS, { title: `${bob.mark} among Carol's` });
    expect((await fetchTasks(bob)).length).toBe(2);
    expect(await accounts.deleteAll()).toEqual([]);
    expect((await fetchTasks(carol)).map(({ title }) => title)).toEqual(["buy milk"]);
    expect(await owner.deleteAll()).toEqual([]);
    expect(await readEmails(stack.databaseUrl)).toEqual([]);
  });
});

describe("npm run conform", () => {
  let stack: FullStack;

  beforeAll(async () => {
    stack = await startFullStack();
  });
  afterAll(() => stack?.stop());

  it("passes, and leaves no account behind", () => expectToPass(stack));

  it("deletes the accounts after an interrupt", async () => {
    const child = start([stack.origin]);
    while ((await readEmails(stack.databaseUrl)).length === 0);
    child.kill("SIGINT");
    expect((await once(child, "close"))[0]).toBe(130);
    expect(await readEmails(stack.databaseUrl)).toEqual([]);
  });

  test.each<[string, () => Promise<string[]>, RegExp]>([
    ["no address", async () => [], /^Give one address: npm run conform -- https:/],
    ["another scheme", async () => ["ftp://x"], /^"ftp:\/\/x" is not an address. It must begin with http/],
    [
      "a path",
      async () => ["http://x/y"],
      /^"http:\/\/x\/y" contains more than an address. Give http:\/\/x\n$/,
    ],
    ["an unknown option", async () => ["http://x", "--fast"], /^Unknown option '--fast'.*--help\n$/],
    [
      "a --max-stale in words",
      async () => ["http://x", "--max-stale", "long"],
      /^--max-stale is "long". Give whole/,
    ],
    ["a --path without a slash", async () => ["http://x", "--path", "me"], /^--path is "me". It must begin/],
    [
      "a closed port",
      async () => [`http://127.0.0.1:${await freePort()}`],
      /nothing listens there. Check the address/,
    ],
    ["another kind of app", async () => [stack.backendUrl], /so it is not a Gatehouse app with open sign-up/],
  ])("explains in one line %s", async (_, args, line) => {
    const { code, out, err } = await conform([...(await args()), "--json"]);
    expect(err).toMatch(line);
    expect(err.trimEnd()).not.toContain("\n");
    expect(out).toBe("");
    expect(code).toBe(1);
  });
});

describe.runIf(isFull)("a deployment that relays", () => {
  let stack: FullStack;

  beforeAll(async () => {
    stack = await startFullStack({ gate: { BACKEND_FORWARD: "relay" } });
  });
  afterAll(() => stack?.stop());

  it("passes, and the output lists each check with its source, and the skipped ones", async () => {
    const { code, out } = await conform([stack.origin]);
    expect(code).toBe(0);
    expect(out).toContain(
      "  ✓ no request bypasses the gate by claiming to be a subrequest (CVE-2025-29927)\n",
    );
    expect(out).toContain("  – browsers use https only");
    expect(out).toMatch(/\n\d+ passed, 0 failed, \d+ skipped in [\d.]+ s\n$/);
    expect(out).toContain(` 0 failed, ${skipped.length} skipped in `);
    expect(out).not.toContain("\x1b");
  });
});

describe("a deployment whose backend is not the reference", () => {
  const needsReference =
    /^(matrix\.me|tokens\.(forged|swapped|own)-[^.]*|csrf\.same-origin|bypass\.smuggled)$/;

  let backend: Server;
  let app: App;
  let reply: [status: number, body: string];

  beforeAll(async () => {
    backend = createServer((_, response) => response.writeHead(reply[0]).end(reply[1]));
    app = await startApp({ BACKEND_URL: `http://127.0.0.1:${await listen(backend)}` });
  });
  afterAll(async () => {
    await app?.stop();
    backend?.close();
  });

  test.each([
    [404, "{}"],
    [200, '{"ok":true}'],
    [200, "<html>"],
  ])("but returns %i %s makes the checks that need the reference skipped", async (status, body) => {
    reply = [status, body];
    const target = {
      origin: app.origin,
      maxStale: 1,
      send: createSend(app.origin, createConnect(app.origin)),
    };
    const accounts = createAccounts(target);
    const context = createContext(target, await accounts.signUp(), await accounts.signUp());
    const needing = checks.filter(({ id }) => needsReference.test(id));
    const results = await runChecks(needing, context);
    expect(results.map(({ status }) => status)).toEqual(Array(7).fill("skipped"));
    expect(await accounts.deleteAll()).toEqual([]);
  });
});

describe("a deployment whose FastAPI has other settings than the gate", () => {
  test.each(
    everyNth<[string, Record<string, string>, RegExp]>(2, [
      [
        "another JWT_SECRET_KEY",
        { JWT_SECRET_KEY: "another-jwt-key-another-jwt-key-another-1" },
        /JWT_SECRET_KEY differs: .* the key that the gate signs with\s+→? ?.*Set the same value on both sides/,
      ],
      [
        "another JWT_AUDIENCE",
        { JWT_AUDIENCE: "somewhere" },
        /JWT_AUDIENCE differs: FastAPI expects another audience\s+→? ?.*Set the same value on both sides/,
      ],
    ]),
  )("with %s fails, names the variable, and names the accounts that remain", async (_, backend, expected) => {
    const stack = await startFullStack({ backend });
    try {
      const { code, out, err } = await conform([stack.origin]);
      expect(code).toBe(1);
      expect(out).toMatch(expected);
      const left = await readEmails(stack.databaseUrl);
      expect(left).toHaveLength(2);
      for (const email of left) expect(err).toContain(email);
      expect(err).toContain("only if FastAPI accepts the app's token");
    } finally {
      await stack.stop();
    }
  });

  it("without its tables cannot be checked, and the message names the command that finds the cause", async () => {
    const app = await startApp({ BACKEND_URL: "http://127.0.0.1:9" });
    const sql = new Client({ connectionString: app.databaseUrl });
    await sql.connect();
    await sql.query(`drop table "user" cascade`);
    await sql.end();
    const { code, err } = await conform([app.origin]);
    await app.stop();
    expect(err).toMatch(/its database does not work. npm run doctor -- http:\/\/127.* names the cause/);
    expect(code).toBe(1);
  });
});
