import { createHmac } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { parseEnv } from "../../../lib/env";
import { type Identity, identityOf } from "../../../lib/token/contract";
import { createMinter } from "../../../lib/token/mint";
import { launchBrowser } from "../../../scripts/lib/chromium";
import { isFull } from "../../../scripts/lib/full-tests";
import { linkTree } from "../../../scripts/lib/link-tree";
import { acceptsConnections, freePort, LOOPBACK } from "../../../scripts/lib/ports";
import { type Environment, respondsAt, runProcess, startProcess } from "../../../scripts/lib/process";
import { root } from "../../../scripts/lib/root";
import { ensureTools } from "../../../scripts/lib/tools";
import { ensureVenv } from "../../../scripts/stack/backend";
import { signSessionToken } from "../../../scripts/stack/signing";
import { type Database, startDatabase, testEnv } from "../../../scripts/stack/test-stack";
import { Visitor } from "../../../scripts/stack/visitor";
import { type Arrived, startEchoUpstream } from "../../fixtures/echo-upstream";
import { applySample, readSamples, type Sample } from "../../fixtures/guides";
import { startMailServer } from "../../fixtures/mail-server";
import { startGuideNginx } from "../../fixtures/nginx";
import { startOpenEndedUpstream } from "../../fixtures/open-ended-upstream";
import { startPlainDatabase } from "../../fixtures/plain-database";
import { checkTypes, copyProject, isolateFromProject } from "../../fixtures/project-copy";

/** Every sample of the pages in `docs/` is put where its page says, built and used. */

const samples = readSamples();
const folder = path.join(root, ".data/guides");

const on = (page: string, language: string) =>
  samples.filter((sample) => sample.page === page && sample.language === language);
const only = (found: Sample[]): Sample => {
  const [sample] = found;
  if (!sample || found.length > 1) throw new Error(`expected one sample, found ${found.length}`);
  return sample;
};

/** Pages whose samples are used apart, above or in a test of their own. */
const APART = [
  "your-fastapi.md",
  "second-backend.md",
  "organizations.md",
  "base-path-and-languages.md",
  "existing-app.md",
];

const WEBHOOK_KEY = "the key of the payments service";

/** The functions that stop what was started. They run in reverse order. */
const started: (() => Promise<unknown>)[] = [];
const logDir = mkdtempSync(path.join(tmpdir(), "gatehouse-guides-"));
afterAll(async () => {
  for (const stop of started.reverse()) await stop();
  rmSync(logDir, { recursive: true, force: true });
});

/** Runs the commands of a sample in a shell. */
async function serve(name: string, commands: string, url: string, env: Environment, cwd = folder) {
  const child = await startProcess({
    ...{ name, command: "sh", args: ["-ec", commands], cwd, env, logDir },
    ready: respondsAt(url),
  });
  started.push(child.stop);
  return child;
}

test("every sample of the guides is compiled or run", () => {
  expect(new Set(samples.map(({ language }) => language))).toEqual(
    new Set(["ts", "tsx", "python", "diff", "json", "nginx", "sh", "bash", "ini", "sql", "text"]),
  );
  for (const { page, language, file } of samples) {
    const isFile = !["sh", "bash", "ini", "sql", "nginx", "text"].includes(language);
    expect(Boolean(file), `${page}: ${language}`).toBe(isFile);
  }
});

describe("a FastAPI that follows docs/your-fastapi.md", () => {
  let url: string;
  beforeAll(async () => {
    const bin = path.dirname(await ensureVenv());
    const own = path.join(logDir, "own-fastapi");
    mkdirSync(own);
    cpSync(path.join(root, "backend/auth.py"), path.join(own, "auth.py"));
    applySample(only(on("your-fastapi.md", "python").filter(({ file }) => file === "main.py")), own);
    const port = await freePort();
    url = `http://${LOOPBACK}:${port}`;
    const [start] = on("your-fastapi.md", "sh");
    const commands = start?.text.replace("--port 8000", `--port ${port}`) ?? "";
    // The gate's folder is next to it. The guide's command reads the key there.
    const { JWT_SECRET_KEY, ...env } = testEnv({
      PATH: `${bin}:${process.env.PATH}`,
      BETTER_AUTH_SECRET: "",
    });
    const gate = path.join(logDir, "gatehouse");
    mkdirSync(gate);
    symlinkSync(path.join(root, "node_modules"), path.join(gate, "node_modules"));
    writeFileSync(
      path.join(gate, ".env.local"),
      `JWT_SECRET_KEY="${JWT_SECRET_KEY}" # as the gate reads it\n`,
    );
    await serve("own-fastapi", commands, `${url}/openapi.json`, env, own);
  });

  async function asAda(purpose?: "delete-account") {
    const mint = createMinter(parseEnv(testEnv({})).jwt, () => crypto.randomUUID());
    const ada = identityOf({ id: "ada", email: "ada@example.com", name: "Ada" }, { id: "s" });
    return { authorization: `Bearer ${(await mint(ada, { issuedAt: Date.now(), purpose })).jwt}` };
  }

  it("accepts the gate's token, and refuses a call without one", async () => {
    const response = await fetch(`${url}/api/notes`, { headers: await asAda() });
    expect(await response.json()).toEqual(["Ada has written nothing yet."]);
    expect((await fetch(`${url}/api/notes`)).status).toBe(401);
  });

  it("does not redirect to its own address for a trailing slash", async () => {
    expect((await fetch(`${url}/api/notes/`, { redirect: "manual" })).status).toBe(404);
  });

  it("is called when an account is deleted", async () => {
    const remove = async (headers: HeadersInit) =>
      (await fetch(`${url}/api/account`, { method: "DELETE", headers })).status;
    expect(await remove(await asAda())).toBe(401);
    expect(await remove(await asAda("delete-account"))).toBe(204);
  });

  it("has no page that loads a script from another origin", async () => {
    for (const path of ["/docs", "/redoc"]) expect((await fetch(url + path)).status).toBe(404);
  });

  it("works in a project without the demo, and the rest still compiles", async () => {
    const copy = path.join(root, ".data/without-demo");
    copyProject(copy);
    await ensureTools();
    for (const installed of ["node_modules", "scripts/tools/node_modules", "backend/.venv"]) {
      symlinkSync(path.join(root, installed), path.join(copy, installed));
    }
    const run = (commands: string) =>
      runProcess({
        ...{ name: "without-demo", command: "sh", args: ["-ec", commands], cwd: copy, logDir },
        env: { ...process.env, BACKEND_URL: url },
      });
    const author = "-c user.name=Ada -c user.email=ada@example.com -c commit.gpgsign=false";
    await run(`git init -q . && git add . && git ${author} commit -qm clone`);

    const all = samples.filter(({ page }) => page === "your-fastapi.md");
    const steps = all.slice(all.findIndex(({ text }) => text.startsWith("git rm ")));
    for (const step of steps) await (step.language === "sh" ? run(step.text) : applySample(step, copy));

    expect(readFileSync(path.join(copy, "lib/api/types.ts"), "utf8")).not.toContain("/api/tasks");
    await checkTypes(copy);
    rmSync(copy, { recursive: true, force: true });
  }, 120_000);
});

describe("the project with all the samples", () => {
  let database: Database;
  let browser: Browser;
  let page: Page;
  let origin: string;
  let env: Record<string, string>;
  let mail: Awaited<ReturnType<typeof startMailServer>>;
  /** The addresses of the app's instances behind nginx. */
  const instances: string[] = [];

  beforeAll(async () => {
    copyProject(folder);
    linkTree(path.join(root, "node_modules"), path.join(folder, "node_modules"));
    const inProject = samples.filter(({ page, file }) => file && !APART.includes(page));
    for (const sample of inProject.filter(({ page }) => page !== "upgrading-next.md")) {
      applySample(sample, folder);
    }
    isolateFromProject(folder);
    database = await startDatabase();
    started.push(database.stop);
    const port = await freePort();
    origin = `https://localhost:${port}`;
    const backend = await startSampleBackend();
    mail = await startMailServer();
    started.push(mail.stop);
    env = testEnv({ ...database.env, ...mail.env, BETTER_AUTH_URL: origin, BACKEND_URL: backend });
    await build();
    await startInstances(port);
    browser = await launchBrowser();
    started.push(() => browser.close());
    page = await browser.newPage({ ignoreHTTPSErrors: true });
  }, 600_000);

  /** Builds like Vercel, with the command of the page about Neon. It also migrates the tables. */
  async function build(): Promise<void> {
    const { buildCommand } = JSON.parse(only(on("neon-branches.md", "json")).text);
    const variables = { ...env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };
    await runProcess({
      ...{ name: "guides-build", command: "sh", args: ["-ec", buildCommand], cwd: folder },
      ...{ env: variables, logDir },
    });
  }

  async function startSampleBackend(): Promise<string> {
    const python = await ensureVenv();
    const port = await freePort();
    const url = `http://${LOOPBACK}:${port}`;
    await serve(
      "guides-fastapi",
      `exec ${python} -m uvicorn main:app --port ${port}`,
      `${url}/health`,
      {
        ...testEnv({
          BETTER_AUTH_SECRET: "",
          BACKEND_SQLITE: path.join(logDir, "tasks.sqlite"),
          PAYMENTS_WEBHOOK_KEY: WEBHOOK_KEY,
        }),
      },
      path.join(folder, "backend"),
    );
    return url;
  }

  /** Starts two instances of the standalone server behind nginx, both as the page describes. */
  async function startInstances(port: number): Promise<void> {
    const [standalone, address] = on("self-hosting.md", "sh").map(({ text }) => text);
    const [, name = "", header = ""] = address?.match(/^export (\w+)=(\S+)$/m) ?? [];
    const ports = [await freePort(), await freePort()] as const;
    for (const own of ports) {
      instances.push(`http://${LOOPBACK}:${own}`);
      const commands = standalone?.replace("PORT=3000", `PORT=${own}`) ?? "";
      const variables = { ...env, [name]: header };
      await serve(`guides-app-${own}`, commands, `http://${LOOPBACK}:${own}/api/health`, variables);
    }
    const nginx = await startGuideNginx(port, ports);
    started.push(nginx.stop);
  }

  const call = (path: string) =>
    page.evaluate(async (path) => {
      const response = await fetch(path);
      return { status: response.status, body: await response.json() };
    }, path);

  it("has a public page and a protected one", async () => {
    await page.goto(`${origin}/about`);
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("About us");
    await page.goto(`${origin}/notes`);
    expect(new URL(page.url()).search).toBe("?next=%2Fnotes");
  });

  it("has a public folder, and no path that only looks like a part of it is public", async () => {
    await page.goto(`${origin}/blog/hello`);
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("The post hello");
    for (const path of ["/blogs", "/BLOG/hello", "/blog/..%2faccount", "/blog/%2e%2e/account"]) {
      await page.goto(origin + path);
      expect(new URL(page.url()).pathname, path).toBe("/login");
    }
  });

  it("closes a WebSocket to a path that is not FastAPI's, in the standalone server too", async () => {
    const outcome = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const socket = new WebSocket(`wss://${location.host}/_next/static/x`);
          socket.onclose = () => resolve("closed");
          setTimeout(resolve, 20_000, "open");
        }),
    );
    expect(outcome).toBe("closed");
  });

  it("returns to the page after a sign-up", async () => {
    await page.goto(`${origin}/signup?next=%2Fnotes`);
    await page.getByLabel("Name").fill("Ada");
    await page.getByLabel("Email").fill("ada@example.com");
    await page.getByLabel("Password", { exact: true }).fill("correct-horse-battery");
    await page.getByRole("button", { name: "Create account" }).click();
    await page.waitForURL(`${origin}/notes`);
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Notes of Ada");
  });

  it("adds a task with a form, and keeps the input that FastAPI refuses", async () => {
    await page.goto(`${origin}/quick-task`);
    await page.getByLabel("Task").fill("x".repeat(5_000));
    await page.getByRole("button", { name: "Add" }).click();
    expect(await page.locator("p[role=alert]").textContent()).toContain("title");
    expect(await page.getByLabel("Task").inputValue()).toBe("x".repeat(5_000));
    await page.getByLabel("Task").fill("Water the plants");
    await page.getByRole("button", { name: "Add" }).click();
    await page.waitForURL(`${origin}/tasks`);
    await page.getByText("Water the plants").first().waitFor();
  });

  it("counts on the server, and again in the browser", async () => {
    await page.goto(`${origin}/open-tasks`);
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("1 open");
    await page.evaluate(() =>
      fetch("/backend/api/tasks", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ title: "Another" }),
      }),
    );
    await page.getByRole("button", { name: "Count again" }).click();
    await page.getByRole("heading", { name: "2 open" }).waitFor();
  });

  it("shows the not-found page to a member instead of the page of admins", async () => {
    expect((await page.goto(`${origin}/admin`))?.status()).toBe(404);
    expect(await page.content()).not.toContain("Administration by");
  });

  it("refuses a member at a path that needs a role or a verified email, before FastAPI is called", async () => {
    expect(await call("/backend/api/admin/users")).toMatchObject({
      status: 403,
      body: { code: "gate_forbidden", required: { role: "admin" } },
    });
    expect(await call("/backend/api/share")).toMatchObject({
      status: 403,
      body: { code: "gate_forbidden", required: { verified_email: true } },
    });
  });

  it("sends FastAPI the role and the plan, immediately after they were changed in the database", async () => {
    expect((await call("/backend/api/reports")).status).toBe(403);
    expect(await call("/backend/api/audit")).toMatchObject({
      status: 403,
      body: { code: "insufficient_role" },
    });
    const client = new pg.Client(database.url);
    await client.connect();
    const who = "email = 'ada@example.com'";
    await client.query(`update "user" set role = 'admin', plan = 'pro' where ${who}`);
    await client.end();
    await page.context().clearCookies();
    await page.goto(`${origin}/login`);
    await page.getByLabel("Email").fill("ada@example.com");
    await page.getByLabel("Password", { exact: true }).fill("correct-horse-battery");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(`${origin}/dashboard`);
    expect(await call("/backend/api/reports")).toEqual({ status: 200, body: ["Everything is fine."] });
    expect(await call("/backend/api/audit")).toEqual({ status: 200, body: ["The service has started."] });
  });

  it("forwards an admin who has just signed in at paths that need both", async () => {
    const fromFastApi = { status: 404, body: { detail: "Not Found" } };
    expect(await call("/backend/api/admin/users")).toEqual(fromFastApi);
    expect(await call("/backend/api/keys")).toEqual(fromFastApi);
  });

  it("lets an admin who has just signed in clear the audit", async () => {
    const status = await page.evaluate(
      async () => (await fetch("/backend/api/audit", { method: "DELETE" })).status,
    );
    expect(status).toBe(204);
    expect(await call("/backend/api/audit")).toEqual({ status: 200, body: [] });
  });

  it("shows an admin the page of admins", async () => {
    await page.goto(`${origin}/admin`);
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Administration by Ada");
  });

  it("lists articles for everyone, and the drafts of the user who is signed in", async () => {
    const articles = ["Hello", "A draft by Ada"];
    expect(await call("/backend/api/articles")).toEqual({ status: 200, body: articles });
    const [local] = instances;
    expect(await (await fetch(`${local}/backend/api/articles`)).json()).toEqual(["Hello"]);
    expect((await fetch(`${local}/backend/api/articles`, { method: "POST" })).status).toBe(401);
  });

  it("receives a webhook, and refuses one with another signature", async () => {
    const body = JSON.stringify({ paid: 5 });
    const sign = (key: string) => createHmac("sha256", key).update(body).digest("hex");
    const receive = (signature: string) =>
      fetch(`${instances[0]}/backend/webhooks/payments`, {
        ...{ method: "POST", body },
        headers: { "content-type": "application/json", "x-payments-signature": signature },
      });
    expect((await receive(sign(WEBHOOK_KEY))).status).toBe(204);
    const refused = await receive(sign("another key"));
    expect([refused.status, await refused.json()]).toEqual([401, { detail: "The signature is invalid." }]);
  });

  describe.each(["rewrite", "relay"])("in front of an upstream that echoes, by %s", (forwarding) => {
    let echo: Awaited<ReturnType<typeof startEchoUpstream>>;
    let working: string;
    let withoutStore: string;
    let member: Visitor;

    beforeAll(async () => {
      echo = await startEchoUpstream();
      started.push(echo.stop);
      const variables = { BACKEND_URL: echo.url, BACKEND_FORWARD: forwarding };
      working = await startInstance(`guides-${forwarding}`, variables);
      const dead = { ...variables, NEON_ENDPOINT: "http://127.0.0.1:9" };
      withoutStore = await startInstance(`guides-${forwarding}-without-store`, dead);
      member = new Visitor(working);
      await member.signUp(`${forwarding}@example.com`);
    });

    async function startInstance(name: string, variables: Environment): Promise<string> {
      const [standalone = ""] = on("self-hosting.md", "sh").map(({ text }) => text);
      const port = await freePort();
      const local = `http://${LOOPBACK}:${port}`;
      const own = { ...env, ...variables, BETTER_AUTH_URL: local };
      await serve(name, standalone.replace("PORT=3000", `PORT=${port}`), `${local}/api/health`, own);
      return local;
    }

    const elsewhere = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
    const forged = { "x-user-id": "1", "x-forwarded-user": "1", "x-middleware-subrequest": "1" };
    const arrivedOf = async (response: Response) => {
      expect(response.status).toBe(200);
      return (await response.json()) as Arrived;
    };

    it("an open path gets the caller's own Authorization, and no cookie, token or identity", async () => {
      const response = await member.fetch("/backend/webhooks/x?a=1", {
        method: "POST",
        headers: { ...elsewhere, ...forged, authorization: "Basic d2ViaG9vazpz" },
        body: "{}",
      });
      const { url, method, headers, body } = await arrivedOf(response);
      expect([method, url, `${body}`]).toEqual(["POST", "/webhooks/x?a=1", "{}"]);
      expect(headers.authorization).toEqual(["Basic d2ViaG9vazpz"]);
      for (const name of ["cookie", "origin", ...Object.keys(forged)]) expect(headers[name]).toBeUndefined();
    });

    it("an open path gets no Authorization from a browser", async () => {
      const { headers } = await arrivedOf(await member.post("/backend/webhooks/x", {}));
      expect(headers.authorization).toBeUndefined();
      expect(headers.cookie).toBeUndefined();
    });

    it("an optional path gets a token for a session", async () => {
      const { headers } = await arrivedOf(await member.fetch("/backend/api/articles/7"));
      expect(headers.authorization?.[0]).toMatch(/^Bearer eyJ/);
      expect(headers.cookie).toBeUndefined();
    });

    it.each([
      ["without a session", { "sec-fetch-site": "same-origin" }],
      ["with an invalid session", { cookie: "better-auth.session_token=abc.forged" }],
      ["by a navigation", { "sec-fetch-dest": "document", accept: "text/html" }],
    ])("an optional path gets no Authorization %s", async (_, more) => {
      const sent = { ...more, ...forged, authorization: "Bearer forged" };
      const { headers } = await arrivedOf(
        await fetch(`${working}/backend/api/articles`, { headers: sent as HeadersInit }),
      );
      for (const name of ["authorization", "cookie", ...Object.keys(forged)]) {
        expect(headers[name], name).toBeUndefined();
      }
    });

    it("a session that was ended counts as none on an optional path", async () => {
      const other = new Visitor(working);
      await other.signUp(`${forwarding}-gone@example.com`);
      const { cookieHeader: cookie } = other;
      await other.post("/api/auth/sign-out", {});
      const response = await fetch(`${working}/backend/api/articles`, { headers: { cookie } });
      expect(response.headers.getSetCookie()).toEqual([]);
      expect((await arrivedOf(response)).headers.authorization).toBeUndefined();
    });

    it.each([
      ["/backend/api/tasks", {}],
      ["/backend/webhooks", {}],
      ["/backend//webhooks/x", { method: "POST" }],
      ["/backend/webhooks/..;/api/tasks", { method: "POST" }],
      ["/backend/webhooks/%252e%252e/api/tasks", { method: "POST" }],
      ["/backend/webhooks/%2e%2e/api/tasks", { method: "POST" }],
      ["/backend/webhooks/..%2fapi/tasks", { method: "POST" }],
      ["/backend/Webhooks/x", { method: "POST" }],
      ["/backend/webhooksx", { method: "POST" }],
    ])("the path %s with %j does not reach the upstream without a session", async (path, init) => {
      const before = echo.arrived.length;
      const response = await fetch(working + path, { redirect: "manual", ...init });
      expect([308, 400, 401]).toContain(response.status);
      expect(echo.arrived).toHaveLength(before);
    });

    it("while the session store is down only an open path works", async () => {
      const cookie = `better-auth.session_token=${await signSessionToken("unknown")}`;
      const send = async (path: string, method: string) =>
        (await fetch(withoutStore + path, { method, headers: { cookie } })).status;
      expect(await send("/backend/webhooks/x", "POST")).toBe(200);
      expect(await send("/backend/api/articles", "GET")).toBe(503);
      expect(await send("/backend/api/tasks", "GET")).toBe(503);
    });
  });

  it("signs in with a link in an email", async () => {
    await page.context().clearCookies();
    await page.goto(`${origin}/login-by-link`);
    await page.getByLabel("Email").fill("ada@example.com");
    await page.getByRole("button", { name: "Send me a link" }).click();
    // The first email is from the sign-up.
    expect((await mail.next("ada@example.com")).subject).toBe("Confirm your email address");
    const { link } = await mail.next("ada@example.com");
    await page.goto(link);
    expect(page.url()).toBe(`${origin}/dashboard`);
  });

  it("refuses a sign-up as an admin", async () => {
    const statuses = await page.evaluate(async () => {
      const user = {
        email: "eve@example.com",
        name: "Eve",
        password: "correct-horse-battery",
        role: "admin",
        plan: "pro",
      };
      const headers = { "content-type": "application/json" };
      await fetch("/api/auth/sign-out", { method: "POST", headers, body: "{}" });
      await fetch("/api/auth/sign-up/email", { method: "POST", headers, body: JSON.stringify(user) });
      const paths = ["/backend/api/reports", "/backend/api/audit"];
      return Promise.all(paths.map(async (path) => (await fetch(path)).status));
    });
    expect(statuses).toHaveLength(2);
    expect(statuses).not.toContain(200);
  });

  /** Calls FastAPI directly, with a token for Ada. */
  async function callAs(claims: Partial<Identity>, path: string) {
    const mint = createMinter(parseEnv(env).jwt, () => crypto.randomUUID());
    const ada = identityOf({ id: "ada", email: "ada@example.com", name: "Ada" }, { id: "s" });
    const { jwt } = await mint({ ...ada, ...claims }, { issuedAt: Date.now() });
    const headers = { authorization: `Bearer ${jwt}` };
    const response = await fetch(env.BACKEND_URL + path, { headers });
    return { status: response.status, body: await response.json() };
  }

  it("refuses a token without the custom claim", async () => {
    expect((await callAs({}, "/api/me")).body).toMatchObject({ code: "token_claims" });
  });

  it("creates an API key with the scope of the guide, and its program reaches the endpoint", async () => {
    const key = await page.evaluate(async () => {
      const post = (path: string, body: object) =>
        fetch(`/api/auth/${path}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        });
      const password = "correct-horse-battery";
      await post("sign-out", {});
      await post("sign-up/email", { email: "kim@example.com", name: "Kim", password, plan: "pro" });
      const response = await post("api-key/create", { name: "CI", scope: "audit:read", days: 1, password });
      return (await response.json()).key as string;
    });
    const [instance = ""] = instances;
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`${instance}/backend/api/audit/count`, { headers });
    expect(await response.json()).toEqual(expect.any(Number));
  });

  it("lets a program do only what its scope names", async () => {
    const custom = { plan: "pro" } as const;
    const count = await callAs({ custom, scope: "audit:read" }, "/api/audit/count");
    expect(count).toEqual({ status: 200, body: expect.any(Number) });
    const refused = { status: 403, body: { code: "insufficient_scope" } };
    expect(await callAs({ custom, scope: "audit:write" }, "/api/audit/count")).toMatchObject(refused);
    const admin = { custom, role: "admin", scope: "audit:read" };
    expect(await callAs(admin, "/api/audit")).toMatchObject(refused);
  });

  it("runs on a plain Postgres as a standalone server, which completes a request in progress when it is stopped", async () => {
    const plain = await startPlainDatabase();
    started.push(plain.stop);
    const upstream = await startOpenEndedUpstream();
    started.push(async () => upstream.stop());
    const port = await freePort();
    const local = `http://${LOOPBACK}:${port}`;
    const own: Environment = {
      ...{ ...env, DATABASE_URL: plain.url, NEON_ENDPOINT: undefined, SESSION_MAX_STALE_SECONDS: "0" },
      ...{ BETTER_AUTH_URL: local, BACKEND_URL: upstream.url },
    };
    // The columns of the samples.
    const migrate = { name: "guides-migrate", command: "npm", args: ["run", "migrate"] };
    await runProcess({ ...migrate, cwd: folder, env: own, logDir });
    const [standalone = ""] = on("self-hosting.md", "sh").map(({ text }) => text);
    // The server receives the signal, and not the shell around it.
    const commands = standalone.replace("PORT=3000", `PORT=${port}`).replace(" node ", " exec node ");
    const server = await serve("guides-plain", commands, `${local}/api/health`, own);
    const member = new Visitor(local);
    await member.signUp("plain@example.com");
    expect((await member.fetch("/backend/x")).status).toBe(200);
    expect((await member.fetch("/dashboard")).status).toBe(200);

    const slow = member.fetch("/backend/slow");
    await expect.poll(upstream.waiting).toBe(1);
    process.kill(-server.pid, "SIGTERM");
    await expect.poll(() => acceptsConnections(LOOPBACK, port)).toBe(false);
    upstream.release();
    expect(await (await slow).text()).toBe("slow response");
    expect((await server.exited).code).toBe(0);

    const invalid = serve("guides-invalid", commands, `${local}/api/health`, { ...own, MAX_BODY_MB: "many" });
    await expect(invalid).rejects.toThrow(/exit code 1.*MAX_BODY_MB/s);
  });

  it("also works as proxy.ts, on Node", async () => {
    const git = only(on("upgrading-next.md", "sh").filter(({ text }) => text.startsWith("git ")));
    const shell = (command: string) =>
      runProcess({ ...{ name: "guides-git", command: "sh", args: ["-ec", command] }, cwd: folder, logDir });
    await shell("git init -q . && git add middleware.ts");
    await shell(git.text);
    applySample(only(on("upgrading-next.md", "diff")), folder);
    // A second build takes half a minute.
    if (!isFull) return checkTypes(folder);
    await build();
    const manifest = readFileSync(path.join(folder, ".next/server/functions-config-manifest.json"), "utf8");
    expect(manifest).toContain("nodejs");
    const [standalone = ""] = on("self-hosting.md", "sh").map(({ text }) => text);
    const port = await freePort();
    const local = `http://${LOOPBACK}:${port}`;
    await serve("guides-proxy", standalone.replace("PORT=3000", `PORT=${port}`), `${local}/api/health`, env);
    const page = await fetch(`${local}/notes`, { headers: { accept: "text/html" }, redirect: "manual" });
    expect([page.status, page.headers.get("location")]).toEqual([307, "/login?next=%2Fnotes"]);
    expect((await fetch(`${local}/backend/api/me`)).status).toBe(401);
  }, 600_000);
});
