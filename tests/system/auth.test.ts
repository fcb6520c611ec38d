import { request } from "node:http";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { userFields } from "../../lib/token/claims";
import { keyId } from "../../lib/token/contract";
import { JWT_KEY } from "../../scripts/stack/signing";
import { type App, startApp } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import vectors from "../contract/vectors.json" with { type: "json" };
import { startNginx } from "../fixtures/nginx";

/** Better Auth as the app serves it: real requests, a real Postgres. */

let app: App;
let sql: Client;

beforeAll(async () => {
  app = await startApp({ BACKEND_URL: "http://127.0.0.1:9", TOKEN_ENDPOINT: "off" });
  sql = new Client({ connectionString: app.databaseUrl });
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await app?.stop();
});

const sessionTokenOf = (visitor: Visitor) =>
  decodeURIComponent(visitor.cookies.get("better-auth.session_token") ?? "").split(".")[0] ?? "";

describe("no response contains the session token", () => {
  test.each<[string, (visitor: Visitor) => Promise<Response>]>([
    ["sign-up", (visitor) => visitor.signUp("signup@example.com")],
    ["sign-in", (visitor) => visitor.signIn("signup@example.com")],
    ["get-session", (visitor) => visitor.fetch("/api/auth/get-session")],
    ["list-sessions", (visitor) => visitor.fetch("/api/auth/list-sessions")],
  ])("%s", async (name, ask) => {
    const visitor = new Visitor(app.origin);
    if (name === "get-session" || name === "list-sessions") await visitor.signIn("signup@example.com");
    const response = await ask(visitor);
    const token = sessionTokenOf(visitor);
    expect(response.status).toBe(200);
    expect(token.length).toBeGreaterThan(16);
    const headers = [...response.headers].filter(([header]) => header !== "set-cookie");
    const readable = JSON.stringify(headers) + (await response.text());
    expect(readable).toContain("{");
    expect(readable).not.toContain(token);
    expect(readable).not.toMatch(/"token"|eyJ|set-auth/);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
  });
});

describe("the session cookies", () => {
  it("are HttpOnly and last a week, and the cookie cache lasts no longer than the bound", async () => {
    const response = await new Visitor(app.origin).signUp("cookies@example.com");
    const cookies = response.headers.getSetCookie();
    for (const cookie of cookies) expect(cookie).toMatch(/; HttpOnly; SameSite=Lax$/);
    expect(cookies.find((cookie) => cookie.includes("session_token"))).toMatch(/Max-Age=604800; Path=\//);
    expect(cookies.find((cookie) => cookie.includes("session_data"))).toMatch(/Max-Age=60; Path=\//);
  });

  it("are renewed by a page when the cache has expired, and extended a day later", async () => {
    const visitor = new Visitor(app.origin);
    await visitor.signUp("renewed@example.com");
    visitor.cookies.delete("better-auth.session_data");
    const renewed = await visitor.fetch("/device", { headers: { accept: "text/html" } });
    expect(renewed.headers.getSetCookie().map((cookie) => cookie.split("=")[0])).toEqual([
      "better-auth.session_data",
    ]);

    const token = sessionTokenOf(visitor);
    await sql.query(`update session set "expiresAt" = now() + interval '5 days' where token = $1`, [token]);
    visitor.cookies.delete("better-auth.session_data");
    const extended = await visitor.fetch("/device", { headers: { accept: "text/html" } });
    expect(extended.headers.getSetCookie().join()).toMatch(/session_token=.*Max-Age=604800/);
    const { rows } = await sql.query(
      `select "expiresAt" > now() + interval '6 days' as ok from session where token = $1`,
      [token],
    );
    expect(rows).toEqual([{ ok: true }]);
  });

  it("are not extended by a call to the backend", async () => {
    const visitor = new Visitor(app.origin);
    await visitor.signUp("backend@example.com");
    const token = sessionTokenOf(visitor);
    await sql.query(`update session set "expiresAt" = now() + interval '5 days' where token = $1`, [token]);
    visitor.cookies.delete("better-auth.session_data");
    const response = await visitor.fetch("/backend/x");
    expect(response.headers.getSetCookie()).toEqual([]);
    const { rows } = await sql.query(
      `select "expiresAt" < now() + interval '6 days' as ok from session where token = $1`,
      [token],
    );
    expect(rows).toEqual([{ ok: true }]);
  });
});

it("the cookies of a session that the database no longer has are cleared by the redirect to sign-in", async () => {
  const visitor = new Visitor(app.origin);
  await visitor.signUp("forgotten@example.com");
  await sql.query("delete from session where token = $1", [sessionTokenOf(visitor)]);
  visitor.cookies.delete("better-auth.session_data");
  const response = await visitor.fetch("/device", { headers: { accept: "text/html" } });
  expect(response.status).toBe(307);
  expect(visitor.cookies.has("better-auth.session_token")).toBe(false);
});

it("a sign-up that fails halfway leaves no user, and can be tried again", async () => {
  await sql.query(
    `create function cut() returns trigger language plpgsql as $$ begin raise exception 'cut'; end $$`,
  );
  await sql.query("create trigger cut before insert on account for each row execute function cut()");
  const visitor = new Visitor(app.origin);
  await expect(visitor.signUp("half@example.com")).rejects.toThrow();
  const { rows } = await sql.query(`select email from "user" where email = 'half@example.com'`);
  expect(rows).toEqual([]);
  await sql.query("drop trigger cut on account");
  expect((await visitor.signUp("half@example.com")).status).toBe(200);
});

it("sign-out ends the session in the database and clears the cookies", async () => {
  const visitor = new Visitor(app.origin);
  await visitor.signUp("leaving@example.com");
  const token = sessionTokenOf(visitor);
  await visitor.post("/api/auth/sign-out", {});
  expect(visitor.cookieHeader).toBe("");
  expect((await sql.query("select 1 from session where token = $1", [token])).rows).toEqual([]);
});

it("sign-in from another site is refused", async () => {
  const response = await new Visitor(app.origin).post(
    "/api/auth/sign-in/email",
    { email: "signup@example.com", password: "correct-horse-battery" },
    { origin: "https://evil.example" },
  );
  expect(response.status).toBe(403);
});

it("attempts are counted in the database, whatever address a client sends", async () => {
  await sql.query(`delete from "rateLimit"`);
  const statuses: number[] = [];
  for (let i = 0; i < 21; i++) {
    const response = await new Visitor(app.origin).post(
      "/api/auth/sign-in/email",
      { email: "signup@example.com", password: "wrong-password" },
      { "x-forwarded-for": `203.0.113.${i}` },
    );
    statuses.push(response.status);
  }
  expect(statuses.slice(0, 20)).toEqual(Array(20).fill(401));
  expect(statuses[20]).toBe(429);
  // One row, for the account. The app trusts no address header here, so the invented addresses
  // leave no row.
  const { rows } = await sql.query(`select count from "rateLimit"`);
  expect(rows).toEqual([{ count: 21 }]);
  await sql.query(`delete from "rateLimit"`);
});

describe("behind a proxy that sets the client's address,", () => {
  let nginx: Awaited<ReturnType<typeof startNginx<"gate">>>;
  let behind: App;
  let counts: Client;
  beforeAll(async () => {
    nginx = await startNginx(["gate"]);
    behind = await startApp({
      BACKEND_URL: "http://127.0.0.1:9",
      BETTER_AUTH_URL: nginx.origin("gate"),
      CLIENT_ADDRESS_HEADER: "X-Real-IP",
    });
    await nginx.route({ gate: [behind.origin] });
    counts = new Client({ connectionString: behind.databaseUrl });
    await counts.connect();
  });
  afterAll(async () => {
    await counts?.end();
    await behind?.stop();
    await nginx?.stop();
  });

  /** Sends an attempt from this local address. All of 127.0.0.0/8 belongs to this machine. */
  const attempt = (localAddress: string, claims: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      const origin = nginx.origin("gate");
      const headers = { "content-type": "application/json", origin, ...claims };
      const sent = request(`${origin}/api/auth/sign-in/email`, { method: "POST", headers, localAddress });
      sent.on("error", reject);
      sent.on("response", (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
      });
      sent.end(JSON.stringify({ email: "nobody@example.com", password: "wrong-password" }));
    });

  it("attempts are counted by that address, whatever address a client sends", async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 21; i++) {
      const claims = ["X-Real-IP", "X-Forwarded-For", "Forwarded", "CF-Connecting-IP"];
      const invented = Object.fromEntries(claims.map((name) => [name, `203.0.113.${i}`]));
      statuses.push(await attempt("127.0.0.1", invented));
    }
    expect(statuses).toEqual([...Array(20).fill(401), 429]);
    // Another client is not limited by this, even if it names the first client's address in a
    // header.
    expect(await attempt("127.0.0.2", { "X-Real-IP": "127.0.0.1", "X-Forwarded-For": "127.0.0.1" })).toBe(
      401,
    );
    // The count of the first address stops one above its limit. The account has counted only the
    // attempts that were let through.
    const { rows } = await counts.query(`select count from "rateLimit" order by count`);
    expect(rows).toEqual([{ count: 1 }, { count: 21 }, { count: 21 }]);
  });
});

describe("the token endpoint", () => {
  it("does not exist unless it is enabled", async () => {
    const visitor = new Visitor(app.origin);
    await visitor.signIn("signup@example.com");
    for (const path of ["/api/auth/token", "/api/auth/jwks"]) {
      expect((await visitor.fetch(path)).status, path).toBe(404);
    }
  });

  describe("when it is enabled,", () => {
    let open: App;
    beforeAll(async () => {
      open = await startApp({ BACKEND_URL: "http://127.0.0.1:9", TOKEN_ENDPOINT: "on" });
    });
    afterAll(() => open?.stop());

    it("returns to a program a JWT that FastAPI accepts for no longer than the revocation bound", async () => {
      const visitor = new Visitor(open.origin);
      await visitor.signUp("native@example.com", "Native");
      const response = await visitor.fetch("/api/auth/token");
      expect(response.headers.get("cache-control")).toBe("private, no-store");
      const { token } = (await response.json()) as { token: string };
      expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256", typ: "JWT", kid: await keyId(JWT_KEY) });
      const { payload } = await jwtVerify(token, new TextEncoder().encode(JWT_KEY), {
        issuer: "phase2-web",
        audience: "phase2-api",
      });
      const contract = ["aud", "auth_time", "email", "exp", "iat", "iss", "jti", "name", "sid", "sub"];
      const ofApp = [...vectors.custom_claims, ...("role" in userFields ? ["role"] : [])];
      expect(Object.keys(payload).sort()).toEqual([...contract, ...ofApp].sort());
      expect(payload).toMatchObject({ email: "native@example.com", name: "Native" });
      // The account has just been created, by this test.
      expect(Math.abs((payload.iat ?? 0) - Number(payload.auth_time))).toBeLessThan(60);
      // SESSION_MAX_STALE_SECONDS (60) minus FastAPI's leeway (10).
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(50);
    });

    it("returns no JWT to a page, and none in a header", async () => {
      const visitor = new Visitor(open.origin);
      await visitor.signIn("native@example.com");
      const response = await visitor.fetch("/api/auth/token", {
        headers: { "sec-fetch-site": "same-origin" },
      });
      expect(response.status).toBe(403);
      expect(await response.text()).not.toMatch(/eyJ/);
      const session = await visitor.fetch("/api/auth/get-session");
      expect(session.headers.get("set-auth-jwt")).toBeNull();
    });

    it("returns no JWT without a session, and no keys at all", async () => {
      expect((await new Visitor(open.origin).fetch("/api/auth/token")).status).toBe(401);
      expect((await new Visitor(open.origin).fetch("/api/auth/jwks")).status).toBe(404);
    });
  });
});
