import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { routes } from "../../lib/routes";
import { type App, startApp } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { type Arrived, startEchoUpstream } from "../fixtures/echo-upstream";

/**
 * Checks the table of responses in ARCHITECTURE.md against `next start`, with a real session store
 * and an upstream that echoes.
 */

describe.each(["rewrite", "relay"])("forwarding by %s", (forwarding) => {
  let app: App;
  let echo: Awaited<ReturnType<typeof startEchoUpstream>>;
  let member: Visitor;
  let guest: Visitor;

  beforeAll(async () => {
    echo = await startEchoUpstream();
    app = await startApp({ BACKEND_URL: echo.url, BACKEND_FORWARD: forwarding });
    guest = new Visitor(app.origin);
    member = new Visitor(app.origin);
    await member.signUp("ada@example.com");
  });
  afterAll(async () => {
    await app?.stop();
    await echo?.stop();
  });

  const navigation = { "sec-fetch-dest": "document", accept: "text/html,*/*;q=0.8" };
  const script = { "sec-fetch-dest": "empty", "sec-fetch-site": "same-origin", accept: "*/*" };

  describe("a visitor without a session", () => {
    test.each(["/", "/login", "/signup"])("gets the page %s", async (path) => {
      const response = await guest.fetch(path, { headers: navigation });
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toMatch("text/html");
    });

    // The gate does not run for these paths, so the files must exist: Next's own 404 would be a
    // page without a Content Security Policy.
    test.each([
      ["/robots.txt", "text/plain"],
      ["/favicon.ico", "image/x-icon"],
      ["/icon.svg", "image/svg+xml"],
    ])("gets the file %s with the type %s", async (path, type) => {
      const response = await guest.fetch(path);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toMatch(type);
    });

    test.each([
      ["/account", "/login?next=%2Faccount"],
      ["/device?user_code=x", "/login?next=%2Fdevice%3Fuser_code%3Dx"],
      ["/account/", "/login?next=%2Faccount%2F"],
      ["/no-such-page", "/login?next=%2Fno-such-page"],
      ["/Backend/x", "/login?next=%2FBackend%2Fx"],
      ["/_next/imagefoo", "/login?next=%2F_next%2Fimagefoo"],
      ["/faviconxico", "/login?next=%2Ffaviconxico"],
    ])("who requests %s is redirected to %s", async (path, location) => {
      const response = await guest.fetch(path, { headers: navigation });
      expect(response.status).toBe(307);
      expect(response.headers.get("location")).toBe(location);
      expect(response.headers.get("cache-control")).toBe("private, no-store");
    });

    it("who sends a POST to a page is redirected with 303", async () => {
      const response = await guest.fetch("/account", { method: "POST", headers: navigation, body: "a=b" });
      expect(response.status).toBe(303);
    });

    it("whose router prefetches a page is redirected to /login", async () => {
      const response = await guest.fetch("/account?_rsc=1abc", { headers: { ...script, rsc: "1" } });
      expect(response.status).toBe(307);
      expect(response.headers.get("location")).toMatch(/^\/login\?next=%2Faccount/);
    });

    test.each([
      ["a script", script],
      ["an EventSource", { ...script, accept: "text/event-stream" }],
      ["curl", { accept: "*/*" }],
    ])("gets 401 from a backend path by %s", async (_, headers) => {
      const response = await guest.fetch("/backend/api/tasks", { headers });
      expect(response.status).toBe(401);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(response.headers.get("www-authenticate")).toBeTruthy();
      expect(response.headers.get("cache-control")).toBe("private, no-store");
      expect(await response.json()).toMatchObject({
        status: 401,
        code: "gate_signed_out",
        detail: expect.any(String),
      });
    });

    it("who opens a download link of the backend is redirected to /login", async () => {
      const response = await guest.fetch("/backend/report.pdf", { headers: navigation });
      expect(response.status).toBe(307);
      expect(response.headers.get("location")).toBe("/login?next=%2Fbackend%2Freport.pdf");
    });

    it("gets 401 from a route handler", async () => {
      expect((await guest.fetch("/api/anything", { headers: script })).status).toBe(401);
    });

    it("reaches Better Auth and the health check", async () => {
      expect((await guest.fetch("/api/auth/get-session", { headers: script })).status).toBe(200);
      expect(await (await guest.fetch("/api/health")).json()).toEqual({ status: "ok" });
    });

    it("has not reached the backend in any of these tests", () => {
      expect(echo.arrived).toEqual([]);
    });
  });

  describe("a visitor with a session", () => {
    test.each(["/", "/device", "/account"])("gets the page %s", async (path) => {
      expect((await member.fetch(path, { headers: navigation })).status).toBe(200);
    });

    test.each([
      ["/login", routes.home],
      ["/signup", routes.home],
      ["/login?next=%2Faccount", "/account"],
      ["/login?next=%2F%2Fevil.example", routes.home],
      ["/login?next=https%3A%2F%2Fevil.example", routes.home],
    ])("who requests %s is redirected to %s", async (path, location) => {
      const response = await member.fetch(path, { headers: navigation });
      expect(response.status).toBe(307);
      expect(response.headers.get("location")).toBe(location);
    });

    it("reaches the backend with a JWT and without the cookie", async () => {
      const response = await member.fetch("/backend/api/tasks", { headers: script });
      expect(response.status).toBe(200);
      const { url, headers } = (await response.json()) as Arrived;
      expect(url).toBe("/api/tasks");
      expect(headers.authorization?.[0]).toMatch(/^Bearer eyJ/);
      expect(headers.cookie).toBeUndefined();
      expect(headers["x-request-id"]).toEqual([response.headers.get("x-request-id")]);
    });

    it("reaches the backend with the same JWT in many calls", async () => {
      const tokens = new Set<string>();
      for (let i = 0; i < 5; i++) {
        const { headers } = (await (await member.fetch("/backend/x", { headers: script })).json()) as Arrived;
        tokens.add(headers.authorization?.[0] ?? "");
      }
      expect(tokens.size).toBe(1);
    });

    test.each([
      ["another site", { "sec-fetch-site": "cross-site" }],
      ["a sibling domain", { "sec-fetch-site": "same-site" }],
      ["another origin", { origin: "https://evil.example" }],
      ["a sandboxed frame", { origin: "null" }],
    ])("gets 403 for a POST that %s caused", async (_, headers) => {
      const response = await member.fetch("/backend/x", { method: "POST", headers, body: "{}" });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: "gate_cross_site" });
    });

    it("gets 404 for a page that does not exist", async () => {
      expect((await member.fetch("/no-such-page", { headers: navigation })).status).toBe(404);
    });

    it("gets the status of the backend's response, errors included", async () => {
      expect((await member.fetch("/backend/x?status=401", { headers: script })).status).toBe(401);
      expect((await member.fetch("/backend/x?status=418", { headers: script })).status).toBe(418);
    });
  });

  describe("a response", () => {
    it("has a policy with its own nonce, and each of its scripts has that nonce", async () => {
      const nonces = new Set<string>();
      for (const path of ["/", "/login", "/no-such-page"]) {
        const visitor = path === "/no-such-page" ? member : guest;
        const response = await visitor.fetch(path, { headers: navigation });
        const policy = response.headers.get("content-security-policy") ?? "";
        const nonce = policy.match(/'nonce-([^']+)'/)?.[1] ?? "";
        nonces.add(nonce);
        expect(policy).toMatch(/frame-ancestors 'none'/);
        expect(policy.match(/script-src [^;]*/)?.[0]).not.toMatch(/unsafe/);
        const scripts = (await response.text()).match(/<script\b[^>]*>/g) ?? [];
        expect(scripts.length, path).toBeGreaterThan(0);
        for (const script of scripts) expect(script, path).toContain(`nonce="${nonce}"`);
      }
      expect(nonces.size).toBe(3);
    });

    test.each(["/", "/login", "/backend/x", "/api/health"])("%s has the security headers", async (path) => {
      const { headers } = await member.fetch(path, { headers: navigation });
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("strict-origin-when-cross-origin");
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(headers.get("x-powered-by")).toBeNull();
    });
  });

  describe("a session cookie", () => {
    const withCookie = (cookie: string) => guest.fetch("/backend/x", { headers: { ...script, cookie } });

    test.each([
      ["another session token", (value: string) => `x${value}`],
      ["another signature", (value: string) => value.replace(/.{6}$/, "AAAA%3D")],
      ["no signature", (value: string) => value.split(".")[0] ?? ""],
    ])("with %s counts as no session", async (_, tamper) => {
      const value = member.cookies.get("better-auth.session_token") ?? "";
      const response = await withCookie(`better-auth.session_token=${tamper(value)}`);
      expect(response.status).toBe(401);
      // Cookies are deleted only if the session store reports that the session has ended.
      expect(response.headers.getSetCookie()).toEqual([]);
    });

    it("with a forged signature counts as no session, even next to a genuine cookie cache", async () => {
      const token = member.cookies.get("better-auth.session_token")?.replace(/\..+/, `.${"A".repeat(43)}%3D`);
      const data = member.cookies.get("better-auth.session_data");
      const cookie = `better-auth.session_token=${token}; better-auth.session_data=${data}`;
      expect((await withCookie(cookie)).status).toBe(401);
      // The page and the gate must agree. Otherwise they would redirect to each other in a loop.
      const login = await guest.fetch("/login", { headers: { ...navigation, cookie } });
      expect(login.status).toBe(200);
    });

    it("next to the cookie cache of another user gives its own user's identity", async () => {
      const other = new Visitor(app.origin);
      await other.signUp("grace@example.com", "Grace");
      const cookie = `better-auth.session_token=${other.cookies.get("better-auth.session_token")}; better-auth.session_data=${member.cookies.get("better-auth.session_data")}`;
      const { headers } = (await (await withCookie(cookie)).json()) as Arrived;
      const claims = JSON.parse(
        Buffer.from(headers.authorization?.[0]?.split(".")[1] ?? "", "base64url").toString(),
      );
      expect(claims.email).toBe("grace@example.com");
    });
  });

  describe("while the session store is down", () => {
    let unknown: string;

    beforeAll(async () => {
      const other = new Visitor(app.origin);
      await other.signUp("edith@example.com");
      unknown = `better-auth.session_token=${other.cookies.get("better-auth.session_token")}`;
      await member.fetch("/backend/x", { headers: script });
      await app.stopDatabase();
    });

    it("a cached session still works", async () => {
      expect((await member.fetch("/backend/x", { headers: script })).status).toBe(200);
      expect((await member.fetch("/device", { headers: navigation })).status).toBe(200);
    });

    it("a page responds with 503 and does not redirect to /login", async () => {
      const response = await guest.fetch("/device", { headers: { ...navigation, cookie: unknown } });
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBeTruthy();
      expect(response.headers.get("content-type")).toMatch("text/html");
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(await response.text()).toMatch(/not been signed out/);
    });

    test.each(["/backend/x", "/api/anything"])("a call to %s gets 503", async (path) => {
      const response = await guest.fetch(path, { headers: { ...script, cookie: unknown } });
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBeTruthy();
      expect(await response.json()).toMatchObject({ code: "gate_session_store_unreachable" });
    });

    test.each(["/", "/login"])("%s still responds with 200", async (path) => {
      expect((await guest.fetch(path, { headers: { ...navigation, cookie: unknown } })).status).toBe(200);
    });

    it("a visitor without a cookie is still redirected to /login", async () => {
      expect((await guest.fetch("/device", { headers: navigation })).status).toBe(307);
    });

    it("a sign-in gets 503 with Retry-After", async () => {
      const response = await new Visitor(app.origin).signIn("ada@example.com");
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBeTruthy();
    });
  });
});
