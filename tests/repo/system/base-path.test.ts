import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../../scripts/lib/chromium";
import { linkTree } from "../../../scripts/lib/link-tree";
import { freePort } from "../../../scripts/lib/ports";
import { runProcess } from "../../../scripts/lib/process";
import { root } from "../../../scripts/lib/root";
import { ensureTools } from "../../../scripts/lib/tools";
import { ensureVenv } from "../../../scripts/stack/backend";
import { Visitor } from "../../../scripts/stack/visitor";
import { applySample, readSamples } from "../../fixtures/guides";
import { linkNextIntl } from "../../fixtures/link-next-intl";
import { startMailServer } from "../../fixtures/mail-server";
import { copyProject, isolateFromProject } from "../../fixtures/project-copy";

/**
 * The app of docs/base-path-and-languages.md: below `/app`, in two languages with the real
 * next-intl, with the sign-in page at `/sign-in`. `npm run up` builds and serves it.
 */

const PAGE = "base-path-and-languages.md";
const folder = path.join(root, ".data/base-path");
const logDir = mkdtempSync(path.join(tmpdir(), "gatehouse-base-path-"));

let origin: string;
let stack: ChildProcess;
let output = "";
let mail: Awaited<ReturnType<typeof startMailServer>>;
let browser: Browser;
let env: Record<string, string | undefined>;

beforeAll(async () => {
  await Promise.all([ensureVenv(), ensureTools()]);
  copyProject(folder);
  // They import the pages that are moved.
  for (const name of ["tests", "vitest.config.ts"]) rmSync(path.join(folder, name), { recursive: true });
  linkTree(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  await linkNextIntl(folder);
  symlinkSync(path.join(root, "backend/.venv"), path.join(folder, "backend/.venv"));
  const steps = readSamples().filter(({ page }) => page === PAGE);
  await runProcess({ name: "git", command: "git", args: ["init", "-q", "."], cwd: folder, logDir });
  await runProcess({ name: "git", command: "git", args: ["add", "."], cwd: folder, logDir });
  // The function of the other page stands in `middleware.ts`.
  const ofMiddleware = readSamples().find(({ file }) => file === "middleware.ts");
  if (ofMiddleware) applySample(ofMiddleware, folder);
  for (const step of steps) {
    if (step.language !== "sh") applySample(step, folder);
    else await runProcess({ name: "move", command: "sh", args: ["-ec", step.text], cwd: folder, logDir });
  }
  isolateFromProject(folder);
  [mail, browser] = await Promise.all([startMailServer(), launchBrowser()]);
  await start();
}, 600_000);

afterAll(async () => {
  if (stack && stack.exitCode === null) {
    stack.kill("SIGINT");
    await once(stack, "exit");
  }
  await browser?.close();
  await mail?.stop();
  rmSync(logDir, { recursive: true, force: true });
});

/** Runs `npm run up`, with a mail server and a sign-in through GitHub. */
async function start(): Promise<void> {
  const port = await freePort();
  origin = `http://localhost:${port}`;
  const { PATH, HOME } = process.env;
  const github = { GITHUB_CLIENT_ID: "client", GITHUB_CLIENT_SECRET: "secret" };
  env = { PATH, HOME, PORT: String(port), ...mail.env, ...github };
  stack = spawn(process.execPath, ["scripts/run.mjs", "up"], { cwd: folder, env: env as NodeJS.ProcessEnv });
  for (const stream of [stack.stdout, stack.stderr]) stream?.on("data", (chunk) => (output += chunk));
  const end = Date.now() + 400_000;
  while (!output.includes("Gatehouse runs at")) {
    if (stack.exitCode !== null || Date.now() > end) throw new Error(output);
    await sleep(200);
  }
}

const NAVIGATION = { accept: "text/html", "sec-fetch-dest": "document", "sec-fetch-mode": "navigate" };

/** Follows no redirect. The path is sent unchanged, with the base path. */
async function open(path: string, visitor = new Visitor(origin), init: RequestInit = {}) {
  const response = await visitor.fetch(path, { ...init, headers: { ...NAVIGATION, ...init.headers } });
  const location = response.headers.get("location");
  const to = location && new URL(location, origin);
  return { response, status: response.status, to: to ? to.pathname + to.search : undefined };
}

async function signUp(): Promise<Visitor> {
  const visitor = new Visitor(origin);
  const body = {
    email: `${crypto.randomUUID()}@example.com`,
    name: "Ada",
    password: "correct-horse-battery",
  };
  const response = await visitor.post("/app/api/auth/sign-up/email", body);
  expect(response.status).toBe(200);
  return Object.assign(visitor, { email: body.email });
}

describe("npm run up of an app with a base path", () => {
  it("prints the address with the base path", () => {
    expect(output).toContain(`Gatehouse runs at ${origin}/app`);
  });
});

describe("a visitor without a session", () => {
  it.each([
    ["/app/de/dashboard", "/app/de/sign-in?next=%2Fde%2Fdashboard"],
    ["/app/en/account?tab=1", "/app/en/sign-in?next=%2Fen%2Faccount%3Ftab%3D1"],
    ["/app/dashboard", "/app/sign-in?next=%2Fdashboard"],
    ["/app/backend/report.pdf", "/app/sign-in?next=%2Fbackend%2Freport.pdf"],
  ])("who opens %s is redirected to %s", async (path, to) => {
    expect(await open(path)).toMatchObject({ status: 307, to });
  });

  it.each(["/app", "/app/"])("who opens %s is redirected to a language by next-intl", async (path) => {
    const { response, to } = await open(path);
    expect(to).toBe("/app/en");
    expect(response.headers.get("x-request-id")).toBeTruthy();
  });

  it.each(["/app/en", "/app/de", "/app/de/sign-in", "/app/de/signup", "/app/en/forgot-password"])(
    "sees the page %s, with the gate's policy and request ID",
    async (path) => {
      const { response, status } = await open(path);
      expect(status).toBe(200);
      expect(response.headers.get("content-security-policy")).toMatch(/'nonce-/);
      expect(response.headers.get("x-request-id")).toBeTruthy();
      const nonce = response.headers.get("content-security-policy")?.match(/'nonce-([^']+)'/)?.[1];
      expect(await response.text()).toContain(`nonce="${nonce}"`);
    },
  );

  it("gets the cookie and the Link header of next-intl", async () => {
    const { response } = await open("/app/de/sign-in");
    expect(response.headers.get("link")).toContain('hreflang="de"');
    expect(response.headers.getSetCookie().join()).toContain("NEXT_LOCALE=de");
  });

  it.each([
    "/app/DE/account",
    "/app/%64e/account",
    "/app/de/de/account",
    "/app/de/api/health",
    "/app/de/backend/api/me",
    "/app/de/login",
    "/app/fr",
  ])("who opens %s is sent to a sign-in page", async (path) => {
    const { status, to } = await open(path);
    expect(status).toBe(307);
    expect(to).toMatch(/^\/app(\/de)?\/sign-in\?next=/);
  });

  it("calls the API and the backend below the base path alone", async () => {
    const call = (path: string) => fetch(origin + path, { headers: { accept: "application/json" } });
    expect((await call("/app/api/health")).status).toBe(200);
    expect((await call("/app/backend/api/me")).status).toBe(401);
    expect((await call("/backend/api/me")).status).toBe(404);
    expect((await call("/dashboard")).status).toBe(404);
    expect((await call("/%61pp/dashboard")).status).not.toBe(200);
  });

  it("whose server action is refused is sent to the sign-in page by Next's client, which adds the base path", async () => {
    const { response } = await open("/app/de/dashboard", undefined, {
      method: "POST",
      headers: { "next-action": "x", accept: "text/x-component" },
    });
    expect(response.headers.get("x-action-redirect")).toBe("/de/sign-in?next=%2Fde%2Fdashboard;push");
  });
});

describe("a visitor with a session", () => {
  it("is forwarded to FastAPI", async () => {
    const ada = await signUp();
    const response = await ada.fetch("/app/backend/api/me", { headers: { accept: "application/json" } });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ name: "Ada" });
  });

  it("who opens the sign-in page is redirected to the page that was requested, or home", async () => {
    const ada = await signUp();
    expect((await open("/app/de/sign-in?next=%2Fde%2Ftasks", ada)).to).toBe("/app/de/tasks");
    expect((await open("/app/de/sign-in", ada)).to).toBe("/app/de/dashboard");
    expect((await open("/app/sign-in?next=%2Fde%2Fsign-in", ada)).to).toBe("/app/dashboard");
  });

  it.each(["/app/de/account", "/app/account", "/app/DE/account", "/app/%64e/account"])(
    "that was deleted is refused at %s at once, because of its bound of 0 seconds",
    async (path) => {
      const ada = await signUp();
      expect((await open("/app/de/tasks", ada)).status).toBe(200);
      await deleteSessions();
      // Another page is within its bound, so the gate itself does not redirect.
      expect((await open("/app/de/backend", ada)).to).toBeUndefined();
      expect((await open(path, ada)).to).toMatch(/sign-in\?next=/);
    },
  );
});

async function deleteSessions(): Promise<void> {
  const { DATABASE_URL } = JSON.parse(readFileSync(path.join(folder, ".data/running.json"), "utf8"));
  const client = new pg.Client({ connectionString: DATABASE_URL });
  await client.connect();
  await client.query("delete from session");
  await client.end();
}

describe("Better Auth below the base path", () => {
  it("sends an email with a link that leads to the page", async () => {
    const ada = (await signUp()) as Visitor & { email: string };
    await ada.post("/app/api/auth/request-password-reset", { email: ada.email });
    let link = (await mail.next(ada.email)).link;
    if (!link.includes("reset-password")) link = (await mail.next(ada.email)).link;
    const { pathname, search } = new URL(link);
    expect(pathname).toMatch(/^\/app\/api\/auth\/reset-password\//);
    expect((await open(pathname + search)).to).toMatch(/^\/app\/reset-password\?token=/);

    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(link);
    await page.getByLabel("New password").fill("another-horse-battery");
    await page.getByRole("button", { name: "Save the new password" }).click();
    await page.waitForURL(/\/app\/(\w\w\/)?sign-in\?done=reset$/);
    await context.close();
  });

  it("confirms an address, and shows the page of a link that does not work", async () => {
    const ada = (await signUp()) as Visitor & { email: string };
    const { pathname, search } = new URL((await mail.next(ada.email)).link);
    expect((await open(pathname + search, ada)).to).toBe("/app/verify-email?done=confirmed");
    const broken = await open("/app/api/auth/verify-email?token=x&callbackURL=%2F");
    expect(broken.to).toMatch(/^\/(app\/verify-email)?\?error=INVALID_TOKEN/);
  });

  it("gives GitHub a callback URL with the base path, and returns to the sign-in page on an error", async () => {
    const body = { provider: "github", callbackURL: "/app/dashboard", errorCallbackURL: "/app/sign-in" };
    const response = await new Visitor(origin).post("/app/api/auth/sign-in/social", body);
    const url = new URL((await response.json()).url);
    expect(url.searchParams.get("redirect_uri")).toBe(`${origin}/app/api/auth/callback/github`);
    const failed = await open("/app/api/auth/callback/github?error=access_denied");
    expect(failed.to).toMatch(/^\/app\/sign-in\?error=/);
  });
});

describe("in a browser", () => {
  let page: Page;
  const problems: string[] = [];

  it("signs up from a protected page in German, and returns to it", async () => {
    const context = await browser.newContext();
    page = await context.newPage();
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    await page.goto(`${origin}/app/de/tasks`);
    expect(new URL(page.url()).pathname).toBe("/app/de/sign-in");
    await page.getByRole("link", { name: "Create an account" }).click();
    await page.getByLabel("Name").fill("Ada");
    await page.getByLabel("Email").fill(`${crypto.randomUUID()}@example.com`);
    await page.getByLabel("Password", { exact: true }).fill("correct-horse-battery");
    await page.getByRole("button", { name: "Create account" }).click();
    await page.waitForURL(`${origin}/app/de/tasks`);
  });

  it("adds a task through the gate, and receives it on a WebSocket", async () => {
    const other = await page.context().newPage();
    await other.goto(`${origin}/app/de/tasks`);
    await page.getByLabel("New task").fill("Water the plants");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await other.getByText("Water the plants").first().waitFor();
    await other.close();
  });

  it("follows links in the language of the visitor", async () => {
    await page.getByRole("link", { name: "Dashboard" }).click();
    await page.waitForURL(`${origin}/app/de/dashboard`);
  });

  it("signs out to the sign-in page, and signs in with it", async () => {
    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.waitForURL(`${origin}/app/de/sign-in`);
    await page.goto(`${origin}/app/de/dashboard`);
    expect(page.url()).toBe(`${origin}/app/de/sign-in?next=%2Fde%2Fdashboard`);
  });

  it("reports no error in the console", () => {
    expect(problems).toEqual([]);
  });
});

describe.each(["doctor", "conform"])("npm run %s", (task) => {
  it("passes", async () => {
    const args = ["scripts/run.mjs", task, ...(task === "conform" ? [origin] : []), "--json"];
    const [code, out] = await new Promise<[unknown, string]>((resolve) =>
      execFile(
        process.execPath,
        args,
        { cwd: folder, env: env as NodeJS.ProcessEnv, maxBuffer: 10_000_000 },
        (error, stdout) => resolve([error?.code ?? 0, stdout]),
      ),
    );
    const { checks } = JSON.parse(out) as { checks: { id: string; status: string; findings?: unknown }[] };
    expect(checks.filter(({ status }) => status === "failed")).toEqual([]);
    expect(checks.filter(({ status }) => status === "passed").length).toBeGreaterThan(20);
    expect(code).toBe(0);
  }, 300_000);
});
