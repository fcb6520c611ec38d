import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../scripts/lib/chromium";
import { freePort, LOOPBACK } from "../../scripts/lib/ports";
import { respondsAt, startProcess } from "../../scripts/lib/process";
import { root } from "../../scripts/lib/root";
import { ensureVenv } from "../../scripts/stack/backend";
import { type App, type Database, startApp, startDatabase, testEnv } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";

/** Swagger UI of the reference FastAPI, and `request.url_for`, behind the gate. */

/** The reference backend with two more endpoints. */
const EXTENDED = `
from fastapi import Request
from fastapi.responses import RedirectResponse
from reference import app


@app.get("/where/{name}")
def where(name: str, request: Request):
    return str(request.url_for("where", name=name))


@app.get("/moved")
def moved(request: Request):
    return RedirectResponse(request.url_for("where", name="x"))
`;

/** The app of the reference backend, as a module with another name than its own. */
const REFERENCE = `
import importlib.util

spec = importlib.util.spec_from_file_location("reference_main", ${JSON.stringify(path.join(root, "backend/main.py"))})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
app = module.app
`;

let database: Database;
let browser: Browser;

beforeAll(async () => {
  [database, browser] = await Promise.all([startDatabase(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await database?.stop();
});

describe.each(["rewrite", "relay"])("with BACKEND_FORWARD=%s", (forwarding) => {
  const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-docs-"));
  let app: App;
  let stopBackend: () => Promise<void>;
  let member: Visitor;

  beforeAll(async () => {
    for (const [name, text] of Object.entries({ extended: EXTENDED, reference: REFERENCE })) {
      writeFileSync(path.join(folder, `${name}.py`), text);
    }
    const [port, backendPort] = [await freePort(), await freePort()];
    const backendUrl = `http://${LOOPBACK}:${backendPort}`;
    const backend = await startProcess({
      name: "fastapi",
      command: await ensureVenv(),
      args: ["-m", "uvicorn", "extended:app", "--host", LOOPBACK, "--port", String(backendPort)],
      env: testEnv({
        BACKEND_DOCS: "on",
        PUBLIC_URL: `http://${LOOPBACK}:${port}/backend`,
        BACKEND_SQLITE: path.join(folder, "tasks.sqlite"),
        PYTHONPATH: [folder, path.join(root, "backend")].join(":"),
      }),
      logDir: folder,
      ready: respondsAt(`${backendUrl}/health`),
    });
    stopBackend = backend.stop;
    app = await startApp({ BACKEND_URL: backendUrl, BACKEND_FORWARD: forwarding }, database, { port });
    member = new Visitor(app.origin);
    await member.signUp(`ada-${forwarding}@example.com`);
  });
  afterAll(async () => {
    await app?.stop();
    await stopBackend?.();
    rmSync(folder, { recursive: true, force: true });
  });

  async function openPage() {
    const context = await browser.newContext({ baseURL: app.origin });
    await context.addCookies(
      [...member.cookies].map(([name, value]) => ({ name, value, url: app.origin, httpOnly: true })),
    );
    return context.newPage();
  }

  it("the docs show the operations, and a call works", async () => {
    const page = await openPage();
    const problems: string[] = [];
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    const requested: string[] = [];
    page.on("request", (request) => requested.push(new URL(request.url()).origin));
    await page.goto("/backend/docs");
    const operation = page.locator("#operations-account-read_me");
    await operation.locator(".opblock-summary-control").click();
    await operation.getByRole("button", { name: "Try it out" }).click();
    await operation.getByRole("button", { name: "Execute" }).click();
    const response = operation.locator(".live-responses-table .response");
    await response.waitFor();
    expect(await response.locator(".response-col_status").textContent()).toContain("200");
    expect(await response.textContent()).toContain(`ada-${forwarding}@example.com`);
    expect(await operation.locator(".request-url pre").textContent()).toContain(
      `${app.origin}/backend/api/me`,
    );
    expect(problems).toEqual([]);
    expect(new Set(requested.filter((origin) => origin !== "null"))).toEqual(new Set([app.origin]));
    await page.context().close();
  });

  it("the docs send a body", async () => {
    const page = await openPage();
    await page.goto("/backend/docs");
    const operation = page.locator("#operations-tasks-create_task");
    await operation.locator(".opblock-summary-control").click();
    await operation.getByRole("button", { name: "Try it out" }).click();
    await operation.locator("textarea").fill(JSON.stringify({ title: "from the docs" }));
    await operation.getByRole("button", { name: "Execute" }).click();
    const response = operation.locator(".live-responses-table .response");
    await response.waitFor();
    expect(await response.locator(".response-col_status").textContent()).toContain("201");
    await page.context().close();
  });

  it("the docs need a session", async () => {
    const response = await fetch(`${app.origin}/backend/docs`, {
      headers: { accept: "text/html", "sec-fetch-mode": "navigate" },
      redirect: "manual",
    });
    expect([response.status, response.headers.get("location")]).toEqual([
      307,
      "/login?next=%2Fbackend%2Fdocs",
    ]);
    expect((await fetch(`${app.origin}/backend/openapi.json`)).status).toBe(401);
  });

  it("request.url_for is the address that browsers use", async () => {
    const address = `${app.origin}/backend/where/x`;
    const headers = { cookie: member.cookieHeader, "x-forwarded-host": "evil.example" };
    const response = await fetch(address, { headers });
    expect(await response.json()).toBe(address);
    const moved = await fetch(`${app.origin}/backend/moved`, { headers, redirect: "manual" });
    expect(moved.status).toBe(307);
    expect(new URL(moved.headers.get("location") ?? "", app.origin).href).toBe(address);
  });
});
