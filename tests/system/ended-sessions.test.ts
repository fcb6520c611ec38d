import { decodeJwt } from "jose";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, startApp } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { startEchoUpstream } from "../fixtures/echo-upstream";

/** A stolen cookie must not keep a session alive after the session has ended. */

/** `SESSION_MAX_STALE_SECONDS` */
const BOUND = 3;
const PASSWORD = "correct-horse-battery";

let echo: Awaited<ReturnType<typeof startEchoUpstream>>;
let app: App;
let people = 0;

beforeAll(async () => {
  echo = await startEchoUpstream();
  app = await startApp({
    BACKEND_URL: echo.url,
    SESSION_MAX_STALE_SECONDS: String(BOUND),
    TOKEN_ENDPOINT: "on",
    CLIENT_ADDRESS_HEADER: "x-real-ip",
  });
});
afterAll(async () => {
  await app?.stop();
  await echo?.stop();
});

/** Creates an account with two sessions: the owner's, and one that a thief has copied. */
async function openAccount(rememberMe = true) {
  const email = `owner-${++people}@example.com`;
  // Each account has a different client address, so that they do not share rate limits.
  const address = `192.0.2.${people}`;
  const [owner, thief] = [new Visitor(app.origin, { address }), new Visitor(app.origin, { address })];
  await owner.signUp(email, "Owner", PASSWORD);
  const signedIn = await thief.post("/api/auth/sign-in/email", { email, password: PASSWORD, rememberMe });
  expect(signedIn.status).toBe(200);
  return { owner, thief };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const isSignedIn = async (response: Response) => response.status < 300 && (await response.text()) !== "null";

/** Requests that a session makes after it has ended. `get-session` responds with 200 and `null`. */
const endpoints: [name: string, request: (visitor: Visitor) => Promise<Response>][] = [
  ["GET get-session", (v) => v.fetch("/api/auth/get-session")],
  ["GET list-sessions", (v) => v.fetch("/api/auth/list-sessions")],
  ["GET list-accounts", (v) => v.fetch("/api/auth/list-accounts")],
  ["GET token", (v) => v.fetch("/api/auth/token")],
  ["POST update-user", (v) => v.post("/api/auth/update-user", { name: "Thief" })],
  ["POST revoke-sessions", (v) => v.post("/api/auth/revoke-sessions", {})],
  ["POST change-email", (v) => v.post("/api/auth/change-email", { newEmail: "thief@example.com" })],
  ["GET /device", (v) => v.fetch("/device", { headers: { accept: "text/html" } })],
  ["GET /backend", (v) => v.fetch("/backend/x")],
];

type Ending = (owner: Visitor, thief: Visitor) => Promise<Response>;

const sql = async (text: string, thief: Visitor): Promise<Response> => {
  const client = new Client(app.databaseUrl);
  await client.connect();
  const cookie = decodeURIComponent(thief.cookies.get("better-auth.session_token") ?? "");
  const { rowCount } = await client.query(text, [cookie.split(".")[0]]);
  await client.end();
  return new Response(null, { status: rowCount === 1 ? 200 : 500 });
};

const waysToEnd: Record<string, Ending> = {
  "sign-out on the stolen session": (_, thief) =>
    new Visitor(app.origin, { address: "192.0.2.200" }).post(
      "/api/auth/sign-out",
      {},
      { cookie: thief.cookieHeader },
    ),
  "revoke-other-sessions": (owner) => owner.post("/api/auth/revoke-other-sessions", {}),
  "change-password": (owner) =>
    owner.post("/api/auth/change-password", { currentPassword: PASSWORD, newPassword: `new-${PASSWORD}` }),
  "delete-user": (owner) => owner.post("/api/auth/delete-user", { password: PASSWORD }),
  "a row that expires": (_, thief) =>
    sql(`update session set "expiresAt" = now() - interval '1 second' where token = $1`, thief),
  "a row that is deleted": (_, thief) => sql("delete from session where token = $1", thief),
  "a user who is deleted": (_, thief) =>
    sql(`delete from "user" where id = (select "userId" from session where token = $1)`, thief),
};
const cases = Object.keys(waysToEnd).flatMap((way) =>
  [true, false].map((rememberMe) => ({ way, rememberMe })),
);

it("no endpoint renews a stolen session that is in constant use, however it has ended", async () => {
  const working = await Promise.all(
    cases.map(async ({ way, rememberMe }) => {
      const { owner, thief } = await openAccount(rememberMe);
      expect((await waysToEnd[way]?.(owner, thief))?.status, way).toBe(200);
      // Each of these used to set a fresh cookie cache, signed from the one in the request.
      const over = Date.now() + (BOUND + 1) * 1000;
      while (Date.now() < over) {
        await thief.post("/api/auth/update-user", { name: "Thief" });
        await thief.fetch("/api/auth/get-session");
        await pause(1000);
      }
      const found: string[] = [];
      for (const [name, request] of endpoints) {
        if (await isSignedIn(await request(thief))) found.push(`${way}, ${rememberMe}: ${name}`);
      }
      return found;
    }),
  );
  expect(working.flat()).toEqual([]);
});

it.each(Object.keys(waysToEnd))("after %s, Better Auth's endpoints refuse a copy at once", async (way) => {
  const { owner, thief } = await openAccount(false);
  const copy = { cookie: thief.cookieHeader };
  expect((await waysToEnd[way]?.(owner, thief))?.status).toBe(200);
  const renamed = await thief.post("/api/auth/update-user", { name: "Thief" }, copy);
  expect(renamed.status).toBe(401);
  expect(renamed.headers.getSetCookie().join()).not.toMatch(/session_data=[^;]/);
  const session = await thief.fetch("/api/auth/get-session", { headers: copy });
  expect(await session.json()).toBeNull();
  expect((await thief.fetch("/api/auth/token", { headers: copy })).status).toBe(401);
});

describe("a token of GET /api/auth/token", () => {
  it("is valid no longer than the bound, with FastAPI's leeway", async () => {
    const { owner } = await openAccount();
    const { token } = (await (await owner.fetch("/api/auth/token")).json()) as { token: string };
    const { iat = 0, exp = 0 } = decodeJwt(token);
    expect(exp - iat).toBe(1);
  });
});
