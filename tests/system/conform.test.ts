import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { createAccounts } from "../../scripts/checks/conform/accounts";
import { TASKS, tasksOf } from "../../scripts/checks/conform/check";
import { checks } from "../../scripts/checks/conform/checks";
import { createDial, createSend } from "../../scripts/checks/conform/probe";
import { runChecks } from "../../scripts/checks/conform/run-checks";
import { createWorld, type Member, type Target } from "../../scripts/checks/conform/world";
import { freePort, listen } from "../../scripts/stack/ports";
import { type App, type FullStack, startApp, startFullStack } from "../../scripts/stack/test-stack";
import { holesFor, sets } from "../fixtures/holes";
import { type Hole, startLeakyProxy } from "../fixtures/leaky-proxy";

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

async function peopleIn(databaseUrl: string): Promise<string[]> {
  const sql = new Client({ connectionString: databaseUrl });
  await sql.connect();
  const { rows } = await sql.query<{ email: string }>(`select email from "user"`);
  await sql.end();
  return rows.map(({ email }) => email);
}

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
  // With plain http there is no Secure attribute and no HSTS. And `next start` reads the whole body
  // before the gate can respond.
  expect(idsOf("skipped")).toEqual(["cookies.secure", "headers.hsts", "bypass.too-large"]);
  expect(totals).toEqual({ passed: checks.length - 3, failed: 0, skipped: 3 });
  expect(await peopleIn(stack.databaseUrl)).toEqual([]);
}

interface Document {
  url: string;
  time: string;
  checks: { id: string; status: string }[];
  totals: Record<string, number>;
}

describe("a deployment behind https", () => {
  let stack: FullStack;
  let proxy: Awaited<ReturnType<typeof startLeakyProxy>>;
  let sql: Client;
  let target: Target;
  let accounts: ReturnType<typeof createAccounts>;
  let ada: Member;
  let bob: Member;
  let holes: Record<string, Hole>;

  beforeAll(async () => {
    proxy = await startLeakyProxy();
    stack = await startFullStack({ gate: { BETTER_AUTH_URL: proxy.origin } });
    proxy.leadTo(stack.origin);
    sql = new Client({ connectionString: stack.databaseUrl });
    await sql.connect();
    const send = createSend(proxy.origin, createDial(proxy.origin, { ca: proxy.ca }));
    target = { origin: proxy.origin, maxStale: 1, send };
    accounts = createAccounts(target);
    ada = await accounts.open();
    bob = await accounts.open();
    holes = holesFor(proxy.origin, ada, bob);
  });
  afterAll(async () => {
    await sql?.end();
    await stack?.stop();
    await proxy?.stop();
  });
  beforeEach(async () => {
    proxy.open({});
    // These tests sign in more often than the rate limits allow.
    await sql.query(`delete from "rateLimit"`);
  });

  it("passes, the checks that need https among the others", async () => {
    // next.config.ts decides about HSTS when the app is built, and this build is for http. A proxy
    // that terminates TLS can add the header as well.
    proxy.open(sets("Strict-Transport-Security", () => "max-age=63072000"));
    const results = await runChecks(createWorld(target, ada, bob), checks);
    const others = results.filter(({ status }) => status !== "passed");
    expect(others.map(({ check, detail }) => `${check.id}: ${detail}`)).toEqual([
      "bypass.too-large: the server answers only when it has the whole body",
    ]);
  });

  it("has a hole for each check, and none besides", () => {
    expect(Object.keys(holes).sort()).toEqual(checks.map(({ id }) => id).sort());
  });

  test.each(checks.map((check) => [check.id, check] as const))(
    "%s fails where it is broken",
    async (id, check) => {
      proxy.open(holes[id] ?? {});
      const one = id === "tokens.sign-up" ? await accounts.open() : ada;
      const [result] = await runChecks(createWorld(target, one, bob), [check]);
      expect(result?.status, result?.detail).toBe("failed");
      // The detail names the expected and the actual result. If the check itself had crashed, the
      // detail would be different.
      expect(result?.detail).toMatch(/^expected .+; got ./s);
    },
  );

  it("that breaks a promise makes the command fail, with what and how to mend it", async () => {
    const before = await peopleIn(stack.databaseUrl);
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-"));
    writeFileSync(join(folder, "ca.pem"), proxy.ca);
    proxy.open(holes["headers.framing"] ?? {});
    const { code, out } = await conform([proxy.origin.replace("127.0.0.1", "localhost")], {
      NODE_EXTRA_CA_CERTS: join(folder, "ca.pem"),
    });
    rmSync(folder, { recursive: true });
    expect(code).toBe(1);
    expect(out).toMatch(
      /✗ no other site can frame a page \(.*\)\n +expected frame-ancestors 'none' on \/; got \*\n +mend: edge/,
    );
    expect(await peopleIn(stack.databaseUrl)).toEqual(before);
  });

  it("is to be named as its people name it", async () => {
    const { code, err } = await conform([stack.origin]);
    expect(err).toMatch(/the app goes by another address. Give the one in its BETTER_AUTH_URL.\n$/);
    expect(code).toBe(1);
  });

  it("that deletes nobody is told whom it has to delete", async () => {
    const stuck = createAccounts(target);
    const guest = await stuck.open();
    proxy.open({
      request: (request) => {
        request.target = request.target.replace("/delete-user", "/nowhere");
      },
    });
    expect(await stuck.close()).toEqual([guest.email]);
    proxy.open({});
    expect((await guest.post("/api/auth/delete-user", { password: guest.password })).status).toBe(200);
  });

  it("loses its guests at the end, and nobody else a task", async () => {
    const owner = createAccounts(target);
    const carol = await owner.open();
    await carol.post(TASKS, { title: "buy milk" });
    // Tasks that a hole in an earlier test let through.
    expect((await tasksOf(ada)).length).toBeGreaterThan(0);
    // From here on Bob can see and delete Carol's tasks.
    proxy.open(holesFor(proxy.origin, carol, bob)["tokens.own-tasks"] ?? {});
    await bob.post(TASKS, { title: `${bob.mark} among Carol's` });
    expect((await tasksOf(bob)).length).toBe(2);
    expect(await accounts.close()).toEqual([]);
    expect((await tasksOf(carol)).map(({ title }) => title)).toEqual(["buy milk"]);
    expect(await owner.close()).toEqual([]);
    expect(await peopleIn(stack.databaseUrl)).toEqual([]);
  });
});

describe("the command", () => {
  let stack: FullStack;

  beforeAll(async () => {
    stack = await startFullStack();
  });
  afterAll(() => stack?.stop());

  it("passes, and leaves the deployment as it was", () => expectToPass(stack));

  it("deletes the accounts when it is interrupted", async () => {
    const child = start([stack.origin]);
    while ((await peopleIn(stack.databaseUrl)).length === 0);
    child.kill("SIGINT");
    expect((await once(child, "close"))[0]).toBe(130);
    expect(await peopleIn(stack.databaseUrl)).toEqual([]);
  });

  test.each<[string, () => Promise<string[]>, RegExp]>([
    ["no address", async () => [], /^Give one address: npm run conform -- https:/],
    ["another scheme", async () => ["ftp://x"], /^"ftp:\/\/x" is not an address. It begins with http/],
    ["a path", async () => ["http://x/y"], /^"http:\/\/x\/y" holds more than an address. Give http:\/\/x\n$/],
    ["an unknown option", async () => ["http://x", "--fast"], /^Unknown option '--fast'.*--help\n$/],
    [
      "a bound in words",
      async () => ["http://x", "--max-stale", "long"],
      /^--max-stale is "long". Give whole/,
    ],
    [
      "nobody there",
      async () => [`http://127.0.0.1:${await freePort()}`],
      /cannot be reached: .*Check the address/,
    ],
    [
      "another kind of app",
      async () => [stack.backendUrl],
      /so it is not a Gatehouse app that takes sign-ups/,
    ],
  ])("says in one line how to go on: %s", async (_, args, line) => {
    const { code, out, err } = await conform([...(await args()), "--json"]);
    expect(err).toMatch(line);
    expect(err.trimEnd()).not.toContain("\n");
    expect(out).toBe("");
    expect(code).toBe(1);
  });
});

describe("a deployment that relays", () => {
  let stack: FullStack;

  beforeAll(async () => {
    stack = await startFullStack({ gate: { BACKEND_FORWARD: "relay" } });
  });
  afterAll(() => stack?.stop());

  it("passes too, and is shown a line a check, with its source, and what was left out", async () => {
    const { code, out } = await conform([stack.origin]);
    expect(code).toBe(0);
    expect(out).toContain("  ✓ nobody gets past by claiming to be a subrequest (CVE-2025-29927)\n");
    expect(out).toContain("  – browsers come back over https alone");
    expect(out).toMatch(/\n\d+ passed, 0 failed, 3 skipped in [\d.]+ s\n$/);
    expect(out).not.toContain("\x1b");
  });
});

describe("a deployment whose backend is not the reference", () => {
  const needTheReference =
    /^(matrix\.me|tokens\.(forged|swapped|own)-.*|csrf\.same-origin|bypass\.smuggled)$/;

  let backend: Server;
  let app: App;
  let says: [status: number, body: string];

  beforeAll(async () => {
    backend = createServer((_, response) => response.writeHead(says[0]).end(says[1]));
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
  ])("but answers %i %s leaves open what it cannot tell", async (status, body) => {
    says = [status, body];
    const target = { origin: app.origin, maxStale: 1, send: createSend(app.origin, createDial(app.origin)) };
    const accounts = createAccounts(target);
    const world = createWorld(target, await accounts.open(), await accounts.open());
    const needing = checks.filter(({ id }) => needTheReference.test(id));
    const results = await runChecks(world, needing);
    expect(results.map(({ status }) => status)).toEqual(Array(7).fill("skipped"));
    expect(await accounts.close()).toEqual([]);
  });
});
