import { decodeJwt } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../../edge/gate";
import type { StoredKey } from "../../../edge/session/key-store";
import type { StoreResult } from "../../../edge/session/store";
import { createApiKey } from "../../../lib/auth/api-key";
import type { Routes } from "../../../lib/routes";
import { identityOf } from "../../../lib/token/contract";
import { createMinter } from "../../../lib/token/mint";
import { JWT_KEY, sessionToken, signSessionToken } from "../../../scripts/stack/signing";
import { gateOptions } from "../../fixtures/gate";
import { routes } from "../../fixtures/routes";

/** Requests of programs, with `Authorization: Bearer`. */

const APP = "http://localhost:3000";
const START = Date.UTC(2026, 0, 1);
const user = { id: "user-1", email: "ada@example.com", name: "Ada" };
const identity = identityOf(user, { id: "session-1", createdAt: new Date(START) });
const keyIdentity = { ...identityOf(user, { id: "key-1" }), scope: "tasks:read", clientId: "key-1" };
const jwtConfig = { keys: [JWT_KEY], issuer: "phase2-web", audience: "phase2-api", ttlSeconds: 50 };

let time: number;
let keyLookups: string[];
let sessionLookups: { header: string; extend: boolean }[];
let findKey: (key: string) => Promise<StoredKey | undefined>;
let findSession: () => Promise<StoreResult>;
let logged: object[];
let gate: ReturnType<typeof createGate>;

const backendUrls = { BACKEND_URL: "http://backend.internal:8000", REPORTS_URL: "http://reports.internal" };
const twoBackends: Routes = {
  ...routes,
  backends: [
    {
      prefix: "/backend",
      address: "BACKEND_URL",
      access: [
        { path: "/backend/articles/*", methods: ["GET"], access: "optional" },
        { path: "/backend/webhooks/*", methods: ["POST"], access: "open" },
      ],
    },
    { prefix: "/reports", address: "REPORTS_URL", audience: "reports-api", access: [] },
  ],
};

beforeEach(() => {
  time = START;
  keyLookups = [];
  sessionLookups = [];
  logged = [];
  findKey = async () => ({ identity: keyIdentity, expiresAt: START + 86_400_000 });
  findSession = async () => ({ session: { identity, expiresAt: START + 86_400_000 }, setCookies: ["a=b"] });
  gate = openGate();
});

const openGate = (more = {}) =>
  createGate(
    gateOptions(
      APP,
      {
        store: (header, { extend }) => {
          sessionLookups.push({ header, extend });
          return findSession();
        },
        keyStore: (key) => {
          keyLookups.push(key);
          return findKey(key);
        },
        now: () => time,
        log: (entry) => logged.push(entry),
      },
      { routes: twoBackends, backendUrls, tokenEndpoint: true, ...more },
    ),
  );

const send = async (credential: string, headers: Record<string, string> = {}, path = "/backend/api/tasks") =>
  gate(new Request(APP + path, { headers: { authorization: `Bearer ${credential}`, ...headers } }));

const sent = (response: Response, name: string) => response.headers.get(`x-middleware-request-${name}`);
const jwtIn = (response: Response) => sent(response, "authorization")?.replace("Bearer ", "") ?? "";

async function expectInvalid(response: Response) {
  expect(response.status).toBe(401);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("www-authenticate")).toBe('Bearer realm="gatehouse", error="invalid_token"');
  expect(response.headers.getSetCookie()).toEqual([]);
  expect(await response.json()).toMatchObject({ code: "gate_invalid_credential" });
}

/** A session token with its signature, as a program sends it. */
const signedToken = async (name = "abc", secret?: string) =>
  decodeURIComponent(await signSessionToken(name, secret));

const mintJwt = async (config = jwtConfig, options = {}) =>
  (await createMinter(config, () => "jti-1")(identity, { issuedAt: time, ...options })).jwt;

describe("an API key", () => {
  it("is replaced by a token with the scope and the id of the key", async () => {
    const response = await send(createApiKey());
    expect(response.headers.get("x-middleware-rewrite")).toBe("http://backend.internal:8000/api/tasks");
    expect(decodeJwt(jwtIn(response))).toMatchObject({
      sub: "user-1",
      sid: "key-1",
      scope: "tasks:read",
      client_id: "key-1",
    });
    expect(decodeJwt(jwtIn(response))).not.toHaveProperty("auth_time");
  });

  it("is looked up once until the bound is over", async () => {
    const key = createApiKey();
    await send(key);
    time += 59_999;
    await send(key);
    expect(keyLookups).toEqual([key]);
    time += 1;
    await send(key);
    expect(keyLookups).toEqual([key, key]);
  });

  it("is looked up each time where the bound is 0", async () => {
    const key = createApiKey();
    for (const _ of [1, 2]) await send(key, {}, "/backend/api/account/me");
    expect(keyLookups).toEqual([key, key]);
    await Promise.all([1, 2].map(() => send(key, {}, "/backend/api/account/me")));
    expect(keyLookups.length).toBe(4);
    gate = openGate({ sessionMaxStaleSeconds: 0 });
    for (const _ of [1, 2]) await send(key);
    expect(keyLookups.length).toBe(6);
  });

  it("that was revoked gets 401 after the bound, and from then on without a lookup", async () => {
    const key = createApiKey();
    await send(key);
    findKey = async () => undefined;
    expect((await send(key)).headers.get("x-middleware-rewrite")).toBeTruthy();
    time += 60_000;
    await expectInvalid(await send(key));
    await expectInvalid(await send(key));
    expect(keyLookups.length).toBe(2);
    time += 30_000;
    await expectInvalid(await send(key));
    expect(keyLookups.length).toBe(3);
  });

  it("gets 401 from the moment at which it expires", async () => {
    findKey = async () => ({ identity: keyIdentity, expiresAt: START + 10_000 });
    const key = createApiKey();
    await send(key);
    findKey = async () => undefined;
    time += 10_000;
    await expectInvalid(await send(key));
  });

  it("causes one lookup for requests at the same time", async () => {
    const key = createApiKey();
    const responses = await Promise.all(Array.from({ length: 100 }, () => send(key)));
    expect(responses.every((response) => response.headers.has("x-middleware-rewrite"))).toBe(true);
    expect(keyLookups).toEqual([key]);
  });

  it("gets 503 while the store is down, and 200 after it", async () => {
    findKey = () => Promise.reject(new Error("connection refused"));
    const key = createApiKey();
    const response = await send(key, { accept: "text/html" });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: "gate_session_store_unreachable" });
    expect(response.headers.get("retry-after")).toBeTruthy();
    findKey = async () => ({ identity: keyIdentity, expiresAt: START + 86_400_000 });
    expect((await send(key)).headers.get("x-middleware-rewrite")).toBeTruthy();
  });

  it("reaches an optional path, and an invalid one gets 401 there too", async () => {
    const response = await send(createApiKey(), {}, "/backend/articles/7");
    expect(decodeJwt(jwtIn(response)).client_id).toBe("key-1");
    await expectInvalid(await send("forged", {}, "/backend/articles/7"));
  });

  it("opens a WebSocket with a token that ends when the key must be checked again", async () => {
    const response = await send(createApiKey(), { connection: "Upgrade", upgrade: "websocket" });
    const { iat, exp, scope } = decodeJwt(jwtIn(response));
    expect(Number(exp) - Number(iat)).toBe(60);
    expect(scope).toBe("tasks:read");
  });

  it("is replaced by a token with the audience of each backend, after one lookup", async () => {
    const key = createApiKey();
    const audiences = [];
    for (const path of ["/backend/x", "/reports/x"])
      audiences.push(decodeJwt(jwtIn(await send(key, {}, path))).aud);
    expect(audiences).toEqual(["phase2-api", "reports-api"]);
    expect(keyLookups).toEqual([key]);
  });

  it("is not checked for other sites: no browser adds it by itself", async () => {
    const request = new Request(`${APP}/backend/api/tasks`, {
      method: "POST",
      headers: { authorization: `Bearer ${createApiKey()}`, origin: "app://phone" },
    });
    const response = await gate(request);
    expect(response.headers.get("x-middleware-rewrite")).toBeTruthy();
    expect(sent(response, "origin")).toBeNull();
  });
});

describe("a session token of a device sign-in", () => {
  it("is replaced by a token of the user, without a scope", async () => {
    const response = await send(await signedToken());
    expect(decodeJwt(jwtIn(response))).toMatchObject({ sub: "user-1", sid: "session-1" });
    expect(decodeJwt(jwtIn(response))).not.toHaveProperty("scope");
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it("is looked up once, and the lookup may extend the session", async () => {
    const token = await signedToken();
    await send(token);
    await send(token);
    expect(sessionLookups).toEqual([
      { header: `better-auth.session_token=${await signSessionToken("abc")}`, extend: true },
    ]);
  });

  it("gets 401 when the session has ended", async () => {
    const token = await signedToken();
    await send(token);
    findSession = async () => ({ session: null, setCookies: ["better-auth.session_token=; Max-Age=0"] });
    time += 60_000;
    await expectInvalid(await send(token, { accept: "text/html" }));
  });

  it("is forgotten when the same session is signed out", async () => {
    const token = await signedToken();
    await send(token);
    const cookie = `better-auth.session_token=${encodeURIComponent(token)}`;
    await gate(new Request(`${APP}/api/auth/sign-out`, { method: "POST", headers: { cookie } }));
    findSession = async () => ({ session: null, setCookies: [] });
    await expectInvalid(await send(token));
  });

  it("gets 503 while the store is down", async () => {
    findSession = () => Promise.reject(new Error("connection refused"));
    expect((await send(await signedToken())).status).toBe(503);
  });

  it("gets no cookie when the gate refuses the request for another reason", async () => {
    const response = await send(await signedToken(), { "service-worker": "script" });
    expect(response.status).toBe(403);
    expect(response.headers.getSetCookie()).toEqual([]);
  });
});

describe("the gate's own JWT", () => {
  it("gets 401 if programs get none (TOKEN_ENDPOINT)", async () => {
    gate = openGate({ tokenEndpoint: false });
    await expectInvalid(await send(await mintJwt()));
  });

  it("reaches the backend as it is, and nothing is looked up", async () => {
    const jwt = await mintJwt();
    for (const _ of [1, 2]) expect(jwtIn(await send(jwt))).toBe(jwt);
    expect([...keyLookups, ...sessionLookups]).toEqual([]);
  });

  it("opens a WebSocket as it is, so the socket ends with it", async () => {
    const jwt = await mintJwt();
    expect(jwtIn(await send(jwt, { connection: "Upgrade", upgrade: "websocket" }))).toBe(jwt);
  });

  it("is refused when it has expired, and when its age is over the bound of the path", async () => {
    const jwt = await mintJwt();
    await expectInvalid(await send(jwt, {}, "/backend/api/account/me"));
    const short = await mintJwt({ ...jwtConfig, ttlSeconds: 20 });
    // FastAPI accepts a token for 10 seconds after it has expired.
    time += 29_999;
    for (const token of [jwt, short]) expect(jwtIn(await send(token))).toBe(token);
    time += 1;
    await expectInvalid(await send(short));
    time += 29_999;
    expect(jwtIn(await send(jwt))).toBe(jwt);
    time += 1;
    await expectInvalid(await send(jwt));
    const long = await mintJwt({ ...jwtConfig, ttlSeconds: 1800 });
    time += 60_000;
    await expectInvalid(await send(long));
  });

  it.each([
    ["phase2-api", "/backend/x", "/reports/x"],
    ["reports-api", "/reports/x", "/backend/x"],
  ])("for %s reaches %s, and is refused at %s", async (audience, own, other) => {
    const jwt = await mintJwt({ ...jwtConfig, audience });
    await expectInvalid(await send(jwt, {}, other));
    for (const _ of [1, 2]) expect(jwtIn(await send(jwt, {}, own))).toBe(jwt);
    // Now it is in memory.
    await expectInvalid(await send(jwt, {}, other));
    expect([...keyLookups, ...sessionLookups]).toEqual([]);
  });

  it("is accepted although the issuer's clock is a little ahead", async () => {
    const jwt = await mintJwt(jwtConfig, { issuedAt: time + 2_000 });
    expect(jwtIn(await send(jwt))).toBe(jwt);
  });

  it.each<[string, () => Promise<string>]>([
    ["of another key", () => mintJwt({ ...jwtConfig, keys: ["another-key-0123456789abcdefghijklmnopq"] })],
    ["of another audience", () => mintJwt({ ...jwtConfig, audience: "another-api" })],
    ["of another issuer", () => mintJwt({ ...jwtConfig, issuer: "another" })],
    ["with a purpose", () => mintJwt(jwtConfig, { purpose: "delete-account" })],
    ["whose last character is changed", async () => `${(await mintJwt()).slice(0, -2)}xx`],
    ["without a signature", async () => "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.x"],
  ])("%s is refused", async (_, make) => {
    await expectInvalid(await send(await make()));
    expect([...keyLookups, ...sessionLookups]).toEqual([]);
  });
});

describe("an invented credential gets 401 and costs the store nothing", () => {
  it.each<[string, () => string | Promise<string>]>([
    ["the raw session token", () => sessionToken("abc")],
    ["a session token with a forged signature", () => `${sessionToken("abc")}.${"A".repeat(43)}=`],
    ["a session token of another secret", () => signedToken("abc", "x".repeat(40))],
    ["the value of the cookie, percent-encoded", () => signSessionToken("abc")],
    ["a key with a wrong checksum", () => `${createApiKey().slice(0, -8)}00000000`],
    ["a key in upper case", () => createApiKey().toUpperCase()],
    ["an empty credential", () => " "],
    ["two credentials", () => `${createApiKey()}, Bearer ${createApiKey()}`],
    ["a long text", () => "a".repeat(100_000)],
    ["a text with a lone surrogate's escape", () => "%ud800"],
  ])("%s", async (_, make) => {
    const credential = await make();
    const response = await send(credential);
    expect(response.status).toBe(401);
    expect([...keyLookups, ...sessionLookups]).toEqual([]);
  });

  it("an unknown key with a valid checksum costs one lookup in 30 seconds", async () => {
    findKey = async () => undefined;
    const key = createApiKey();
    for (const _ of [1, 2, 3]) await expectInvalid(await send(key));
    expect(keyLookups).toEqual([key]);
    expect(logged).toContainEqual(
      expect.objectContaining({ code: "gate_invalid_credential", status: 401, route: "backend" }),
    );
    expect(JSON.stringify(logged)).not.toContain(key);
  });
});

describe("the Authorization header is ignored", () => {
  it.each([
    ["in a request of a page", { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" }],
    ["in a request of another site's page", { "sec-fetch-site": "cross-site" }],
    ["in a request with a destination", { "sec-fetch-dest": "empty" }],
    ["beside a session cookie", { cookie: "better-auth.session_token=abc.forged" }],
    ["beside a session cookie of https", { cookie: "__Secure-better-auth.session_token=abc.forged" }],
    ["with another scheme", { authorization: "Basic YTpi" }],
  ])("%s", async (_, headers) => {
    const response = await send(createApiKey(), headers);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: "gate_signed_out" });
    expect(keyLookups).toEqual([]);
  });

  it("beside a session: the backend receives the session's token", async () => {
    const cookie = `better-auth.session_token=${await signSessionToken("abc")}`;
    const response = await send(createApiKey(), { cookie });
    expect(decodeJwt(jwtIn(response)).sid).toBe("session-1");
    expect(keyLookups).toEqual([]);
  });

  it.each(["/account", "/api/other", "/login"])("at %s, which is not the backend's", async (path) => {
    await send(createApiKey(), {}, path);
    expect(keyLookups).toEqual([]);
  });

  it("on an open path: it passes to the backend unread", async () => {
    const authorization = `Bearer ${createApiKey()}`;
    const request = new Request(`${APP}/backend/webhooks/stripe`, {
      method: "POST",
      headers: { authorization, origin: "https://payments.example" },
    });
    expect(sent(await gate(request), "authorization")).toBe(authorization);
    expect(keyLookups).toEqual([]);
  });
});

describe("a rule of requirements", () => {
  const rules: Routes = {
    ...twoBackends,
    requirements: [
      { path: "/backend/admin/*", role: "admin" },
      { path: "/backend/share", verifiedEmail: true },
      { path: "/backend/keys", withinSeconds: 300 },
    ],
  };
  const statusOf = async (credential: string, path: string) => (await send(credential, {}, path)).status;

  it("holds for an API key: its user's role and email count, and it is no recent sign-in", async () => {
    gate = openGate({ routes: rules });
    const key = createApiKey();
    const paths = ["/backend/admin/x", "/backend/share", "/backend/keys"];
    const statuses = () => Promise.all(paths.map((path) => statusOf(key, path)));
    expect(await statuses()).toEqual([403, 403, 401]);
    const admin = { ...keyIdentity, role: "admin", emailVerified: true };
    findKey = async () => ({ identity: admin, expiresAt: START + 86_400_000 });
    time += 60_000;
    expect(await statuses()).toEqual([200, 200, 401]);
  });

  it("holds for the session of a device sign-in", async () => {
    gate = openGate({ routes: rules });
    const token = await signedToken();
    expect(await statusOf(token, "/backend/keys")).toBe(200);
    time += 311_000;
    expect(await statusOf(token, "/backend/keys")).toBe(401);
    expect(await statusOf(token, "/backend/admin/x")).toBe(403);
  });

  it("for a verified email is not met by the gate's own JWT, which does not name one", async () => {
    gate = openGate({ routes: rules });
    expect(await statusOf(await mintJwt(), "/backend/share")).toBe(403);
    expect(await statusOf(await mintJwt(), "/backend/keys")).toBe(200);
  });
});

it("Node's fetch, which sends Sec-Fetch-Mode, can use a credential", async () => {
  const response = await send(createApiKey(), { "sec-fetch-mode": "cors" });
  expect(response.headers.get("x-middleware-rewrite")).toBeTruthy();
});

it("the scheme is case-insensitive, and spaces may follow it", async () => {
  const response = await send("", { authorization: `bEARER   ${createApiKey()}` });
  expect(response.headers.get("x-middleware-rewrite")).toBeTruthy();
});
