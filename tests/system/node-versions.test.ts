import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { routes } from "../../lib/routes";
import { launchBrowser } from "../../scripts/lib/chromium";
import { ensureNodeVersions, findNode, nodeVersions, VERCEL_NODE } from "../../scripts/lib/node-versions";
import { freePort } from "../../scripts/lib/ports";
import { type Backend, ensureVenv, startBackend } from "../../scripts/stack/backend";
import { signUp } from "../../scripts/stack/sign-up";
import { type App, type Database, startApp, startDatabase, testEnv } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { startEchoUpstream } from "../fixtures/echo-upstream";
import { rows } from "../fixtures/full";

/** One build of the app, started with each supported version of Node. */

let folder: string;
let backend: Backend;
let browser: Browser;
/** Takes longer bodies than the reference backend does. */
let echo: Awaited<ReturnType<typeof startEchoUpstream>>;

beforeAll(async () => {
  await ensureVenv();
  await ensureNodeVersions();
  folder = mkdtempSync(join(tmpdir(), "gatehouse-"));
  const env = testEnv({ BACKEND_SQLITE: join(folder, "tasks.sqlite") });
  backend = await startBackend({ port: await freePort(), env, logDir: folder });
  browser = await launchBrowser();
  echo = await startEchoUpstream();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await backend?.stop();
  await echo?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The version of deployments. If that one runs all other tests already, the newest one. */
const sample = process.versions.node.startsWith(`${VERCEL_NODE}.`) ? nodeVersions.slice(-1) : [VERCEL_NODE];
const binaries = rows(nodeVersions, sample).map((major) => ({ major, node: findNode(major) }));

describe.each(binaries)("Node $major", ({ major, node }) => {
  if ("missing" in node) {
    it.skip(`cannot be tested here: ${node.missing}`, () => {});
    return;
  }

  const logDir = mkdtempSync(join(tmpdir(), "gatehouse-"));
  let database: Database;
  let app: App;
  let relay: App;

  beforeAll(async () => {
    database = await startDatabase();
    const start = (BACKEND_FORWARD: string) => {
      const options = { node: node.file, logDir: join(logDir, BACKEND_FORWARD) };
      return startApp({ BACKEND_URL: backend.url, BACKEND_FORWARD }, database, options);
    };
    [app, relay] = await Promise.all([start("rewrite"), start("relay")]);
  });
  afterAll(async () => {
    await Promise.all([app?.stop(), relay?.stop()]);
    await database?.stop();
    rmSync(logDir, { recursive: true, force: true });
  });

  it("is the version that the binary reports", async () => {
    const child = spawn(node.file, ["--version"]);
    expect(await text(child.stdout)).toMatch(new RegExp(`^v${major}\\.`));
  });

  it("passes every check of npm run conform", async () => {
    const { npm_lifecycle_event: _, ...env } = process.env;
    const child = spawn(node.file, ["scripts/run.mjs", "conform", app.origin, "--json"], { env });
    const exited = once(child, "exit");
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(err).toBe("");
    const { checks, totals } = JSON.parse(out);
    expect(checks.filter(({ status }: { status: string }) => status === "failed")).toEqual([]);
    expect(totals.passed).toBeGreaterThan(50);
    expect(await exited).toEqual([0, null]);
  }, 120_000);

  it("lets a visitor sign up in a browser, and delete the account, which FastAPI deletes too", async () => {
    const context = await browser.newContext({ baseURL: app.origin });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const email = await signUp(page);
    await page.getByText(email).first().waitFor();
    expect(await (await context.request.get("/account")).text()).toContain(email);
    await page.getByRole("button", { name: "Delete my account" }).click();
    const form = page.getByRole("region", { name: "Delete account" });
    await form.getByLabel("Your password").fill("correct-horse-battery");
    await form.getByRole("button", { name: /^Delete my account and / }).click();
    await page.getByRole("heading", { name: "Your account is deleted" }).waitFor();
    await context.close();
  });

  it("opens a WebSocket to FastAPI that receives messages", async () => {
    const member = new Visitor(app.origin);
    await member.signUp("websocket@example.com");
    const socket = new WebSocket(`${app.origin.replace("http", "ws")}/backend/api/tasks/live`, {
      origin: app.origin,
      headers: { cookie: member.cookieHeader },
    });
    const messages: { kind: string }[] = [];
    socket.on("message", (data) => messages.push(JSON.parse(String(data))));
    await expect.poll(() => messages.map(({ kind }) => kind)).toEqual(["page"]);
    expect((await member.post("/backend/api/tasks", { title: "Feed the cat" })).status).toBe(201);
    await expect.poll(() => messages.map(({ kind }) => kind)).toEqual(["page", "saved"]);
    socket.terminate();
  });

  it.each(["rewrite", "relay"])("forwards an upload of 5 MB completely by %s", async (BACKEND_FORWARD) => {
    const options = { node: node.file, logDir: join(logDir, `${BACKEND_FORWARD}-upload`) };
    const uploads = await startApp({ BACKEND_URL: echo.url, BACKEND_FORWARD }, database, options);
    try {
      const member = new Visitor(uploads.origin);
      await member.signUp(`${BACKEND_FORWARD}@example.com`);
      const body = `${BACKEND_FORWARD} `.repeat(600_000).slice(0, 5_000_000);
      const headers = { "content-type": "text/plain", origin: uploads.origin };
      const response = await member.fetch("/backend/upload", { method: "POST", headers, body });
      expect(response.status).toBe(200);
      // Otherwise a failure would print 5 MB.
      expect((await response.json()).body === body).toBe(true);
    } finally {
      await uploads.stop();
    }
  });

  it.each(["rewrite", "relay", "rewrite-upload", "relay-upload"])(
    "logs no error and no deprecation, forwarding by %s",
    (folder) => {
      const lines = readFileSync(join(logDir, folder, "next.log"), "utf8").split("\n");
      const errors = lines.filter((line) => /"level":"error"|\(node:\d+\)/.test(line));
      // The home page may call endpoints that the reference FastAPI does not have.
      expect(errors.filter((line) => !line.includes(`"what":"render ${routes.home}"`))).toEqual([]);
    },
  );
});
