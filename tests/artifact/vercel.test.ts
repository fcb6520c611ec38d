import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { routes } from "../../lib/routes";
import { listShares } from "../../scripts/bench/composition";
import { VERCEL_NODE } from "../../scripts/lib/node-versions";
import { startIsolate } from "../../scripts/stack/edge-isolate";
import { AUTH_SECRET, signCookieCache, signSessionToken } from "../../scripts/stack/signing";
import { startDatabase, testEnv } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { nodeVersionOf, startNodeFunction } from "../fixtures/vercel-node-function";

/**
 * Tests the Build Output that Vercel deploys: the built middleware in the edge runtime, called as
 * Vercel calls it.
 */

const APP = "https://gatehouse-test.vercel.app";
const output = ".vercel/output";
let database: Awaited<ReturnType<typeof startDatabase>>;
let variables: Record<string, string>;
let callGate: ReturnType<typeof startIsolate>;
let cookie: string;

beforeAll(async () => {
  database = await startDatabase();
  const env = testEnv({ BETTER_AUTH_URL: APP, BACKEND_URL: "https://api.example.com", ...database.env });
  execFileSync("npm", ["run", "build:vercel"], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  variables = { ...env, VERCEL: "1" };
  callGate = startIsolate(join(output, "functions/middleware.func"), variables);
  const data = await signCookieCache({ token: "abc", updatedAt: Date.now(), secret: AUTH_SECRET });
  cookie = `__Secure-better-auth.session_token=${await signSessionToken("abc")}; __Secure-better-auth.session_data=${data}`;
}, 600_000);
afterAll(() => database?.stop());

describe("middleware.func", () => {
  it("is an edge function of at most 85 kB after gzip", () => {
    const folder = join(output, "functions/middleware.func");
    expect(JSON.parse(readFileSync(join(folder, ".vc-config.json"), "utf8")).runtime).toBe("edge");
    const script = readFileSync(join(folder, "index.js"));
    expect(script.length).toBeGreaterThan(0);
    // Every isolate reads the whole script when it starts. Vercel's own limit is 1 MB.
    expect(gzipSync(script).length).toBeLessThanOrEqual(85_000);
  });

  it("contains no code for development and none for traces", () => {
    const script = readFileSync(join(output, "functions/middleware.func/index.js"), "utf8");
    const unwanted = ["/dev/gate", "this isolate has the session in memory", "OTEL_EXPORTER_OTLP_PROTOCOL"];
    expect(unwanted.filter((text) => script.includes(text))).toEqual([]);
  });

  it("redirects a visitor without a session to /login", async () => {
    const response = await callGate(`${APP}/account?x=1`);
    expect(response.status).toBe(307);
    expect(response.headers.get("location")).toMatch(/\/login\?next=%2Faccount%3Fx%3D1$/);
  });

  it("refuses a call without a session", async () => {
    const response = await callGate(`${APP}/backend/api/tasks`);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: "gate_signed_out" });
  });

  it("forwards a call with a session with the JWT and without Vercel's headers", async () => {
    const response = await callGate(`${APP}/backend/api/tasks?a=1`, {
      headers: {
        cookie,
        "x-vercel-oidc-token": "secret",
        "x-vercel-forwarded-for": "203.0.113.7",
        "x-forwarded-for": "6.6.6.6",
      },
    });
    expect(response.headers.get("x-middleware-rewrite")).toBe("https://api.example.com/api/tasks?a=1");
    const sent = (name: string) => response.headers.get(`x-middleware-request-${name}`);
    expect(decodeJwt((sent("authorization") ?? "").replace("Bearer ", ""))).toMatchObject({ sub: "user-1" });
    expect(sent("cookie")).toBeNull();
    expect(sent("x-vercel-oidc-token")).toBeNull();
    expect(sent("x-forwarded-for")).toBe("203.0.113.7");
  });

  it("looks up an unknown session in the database, and deletes the cookies of one that does not exist", async () => {
    const unknown = `__Secure-better-auth.session_token=${await signSessionToken("unknown")}`;
    const response = await callGate(`${APP}/device`, { headers: { cookie: unknown } });
    expect(response.status).toBe(307);
    expect(response.headers.getSetCookie().join()).toMatch(/session_token=; Max-Age=0/);
  });

  it("contains Next, jose and the gate, but neither Better Auth nor a database driver", async () => {
    const folder = join(output, "functions/middleware.func");
    const unknown = `__Secure-better-auth.session_token=${await signSessionToken("unknown")}`;
    const shares = await listShares(folder, variables, `${APP}/backend/x`, unknown);
    // Next uses an installed @opentelemetry/api instead of its own copy.
    expect(shares.map(({ owner }) => owner).sort()).toEqual([
      "@opentelemetry/api",
      "Gatehouse",
      "jose",
      "next",
    ]);
    const script = readFileSync(join(folder, "index.js"), "utf8");
    const traces = ["NeonDbError", "BetterAuthError", "ZodError", "kysely", "FAILED_TO_GET_SESSION"];
    expect(traces.filter((text) => script.includes(text))).toEqual([]);
  });
});

describe("the Node functions", () => {
  type NodeFunction = Awaited<ReturnType<typeof startNodeFunction>>;
  let auth: NodeFunction;
  let pages: NodeFunction;
  let member: Visitor;

  beforeAll(async () => {
    const own = { ...variables, BACKEND_URL: "http://127.0.0.1:9" };
    auth = await startNodeFunction(join(output, "functions/api/auth/[...all].func"), own);
    pages = await startNodeFunction(join(output, "functions/device.func"), own);
    member = new Visitor(APP, { send: (url, init) => deployment(new Request(url, init)) });
  }, 300_000);
  afterAll(async () => {
    await auth?.stop();
    await pages?.stop();
  });

  /** The middleware, and behind it the function for the route in the Build Output. */
  async function deployment(request: Request): Promise<Response> {
    const { method, headers } = request;
    const { pathname, search } = new URL(request.url);
    const fromGate = await callGate(request.url, { method, headers });
    if (!fromGate.headers.has("x-middleware-next")) return fromGate;
    const sent = new Headers();
    for (const name of (fromGate.headers.get("x-middleware-override-headers") ?? "").split(",")) {
      const value = fromGate.headers.get(`x-middleware-request-${name}`);
      // `fetch` sets the length of the body below.
      if (value !== null && name !== "content-length") sent.set(name, value);
    }
    const isAuth = pathname.startsWith("/api/auth/");
    const query = isAuth ? `?nxtPall=${pathname.slice("/api/auth/".length)}` : search;
    sent.set("x-matched-path", isAuth ? "/api/auth/[...all]" : pathname);
    const body = method === "POST" ? await request.text() : undefined;
    const target = (isAuth ? auth : pages).url + pathname + query;
    return fetch(target, { method, headers: sent, body, redirect: "manual" });
  }

  it("run on the Node version that is documented for deployments", () => {
    const names = ["api/auth/[...all].func", "api/health.func", "device.func", "login.func"];
    const versions = names.map((name) => nodeVersionOf(join(output, "functions", name)));
    expect(versions).toEqual(names.map(() => VERCEL_NODE));
  });

  it("sign a visitor up", async () => {
    const response = await member.signUp("ada@example.com");
    expect(response.headers.getSetCookie().join()).toMatch(/__Secure-better-auth\.session_token=/);
    expect(await response.json()).toMatchObject({ user: { email: "ada@example.com" } });
  });

  it("return the session of a visitor", async () => {
    const response = await member.fetch("/api/auth/get-session");
    expect(await response.json()).toMatchObject({ user: { email: "ada@example.com" } });
  });

  it("render a page without a session and a page with one", async () => {
    const guest = new Visitor(APP, { send: (url, init) => deployment(new Request(url, init)) });
    const accept = { headers: { accept: "text/html" } };
    const login = await guest.fetch("/login", accept);
    expect([login.status, await login.text()]).toEqual([200, expect.stringContaining("Sign in")]);
    const page = await member.fetch("/device", accept);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("ada@example.com")]);
  });

  it("refuse a wrong password, and sign out", async () => {
    expect((await member.signIn("ada@example.com", "wrong-password")).status).toBe(401);
    expect((await member.post("/api/auth/sign-out", {})).status).toBe(200);
    expect((await member.fetch("/device", { headers: { accept: "text/html" } })).status).toBe(307);
  });
});

describe("middleware.func without a database", () => {
  it("responds with 503", async () => {
    await database.stop();
    const unknown = `__Secure-better-auth.session_token=${await signSessionToken("unknown-2")}`;
    expect((await callGate(`${APP}/backend/x`, { headers: { cookie: unknown } })).status).toBe(503);
    expect(
      (await callGate(`${APP}/backend/x`, { headers: { cookie } })).headers.get("x-middleware-rewrite"),
    ).toBeTruthy();
  });
});

describe("the rest of the Build Output", () => {
  it.each(routes.backends.map(({ prefix }) => prefix))("turns rewrite caching off for %s", (prefix) => {
    const config: { routes: { src: string; headers?: Record<string, string> }[] } = JSON.parse(
      readFileSync(join(output, "config.json"), "utf8"),
    );
    const values = config.routes
      .filter(({ src }) => new RegExp(src).test(`${prefix}/api/tasks`))
      .map(({ headers }) => headers?.["x-vercel-enable-rewrite-caching"]);
    expect(values).toContain("0");
  });
});

describe("a static page", () => {
  const isItsPolicy = expect.stringMatching(
    /^default-src 'self'; script-src 'self' 'sha256-[^;]*; style-src/,
  );

  it("gets no header from the middleware", async () => {
    const response = await callGate(`${APP}/account-deleted`, { headers: { cookie, accept: "text/html" } });
    const names = [...response.headers.keys()].filter((name) => !name.startsWith("x-middleware-"));
    expect([response.headers.get("x-middleware-next"), names]).toEqual(["1", []]);
  });

  it("of the build is in the cache together with its policy", () => {
    const file = join(output, "functions/account-deleted.prerender-config.json");
    const { initialHeaders } = JSON.parse(readFileSync(file, "utf8"));
    expect(initialHeaders).toMatchObject({ "content-security-policy": isItsPolicy });
  });

  it("gets its policy from the function that renders it again", async () => {
    const page = await startNodeFunction(join(output, "functions/account-deleted.func"), variables);
    try {
      const response = await fetch(`${page.url}/account-deleted`, {
        headers: { "x-matched-path": "/account-deleted" },
      });
      expect(response.status).toBe(200);
      expect(response.headers.get("content-security-policy")).toEqual(isItsPolicy);
    } finally {
      await page.stop();
    }
  });
});
