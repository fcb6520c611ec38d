import { decodeJwt } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../../edge/gate";
import type { StoreResult } from "../../../edge/session/store";
import { BARE_POLICY, FILE_POLICY } from "../../../lib/content-policy";
import type { Backend } from "../../../lib/routes";
import { identityOf } from "../../../lib/token/contract";
import { signCookieCache, signSessionToken } from "../../../scripts/stack/signing";
import { gateOptions } from "../../fixtures/gate";
import { routesWithAccess } from "../../fixtures/routes";

const APP = "http://localhost:3000";
const START = Date.UTC(2026, 0, 1);
let time = START;
const identity = identityOf({ id: "user-1", email: "ada@example.com", name: "Ada" }, { id: "session-1" });

let reply: () => Promise<StoreResult>;
let logged: object[];
let cookie: string;
let gate: ReturnType<typeof createGate>;

beforeEach(async () => {
  logged = [];
  time = START;
  reply = async () => ({ session: { identity, expiresAt: START + 86_400_000 }, setCookies: [] });
  cookie = `better-auth.session_token=${await signSessionToken("abc")}`;
  gate = createGate(
    gateOptions(APP, { store: () => reply(), now: () => time, log: (entry) => logged.push(entry) }),
  );
});

const send = (path: string, init: RequestInit = {}) => gate(new Request(APP + path, init));
const sendSignedIn = (path: string, init: RequestInit = {}) =>
  send(path, { ...init, headers: { cookie, ...(init.headers as Record<string, string>) } });

describe("a request to the backend", () => {
  it("is rewritten to FastAPI with a token and without the cookie", async () => {
    const response = await sendSignedIn("/backend/api/tasks?done=true", {
      headers: { accept: "application/json" },
    });
    expect(response.headers.get("x-middleware-rewrite")).toBe(
      "http://backend.internal:8000/api/tasks?done=true",
    );
    const sent = (name: string) => response.headers.get(`x-middleware-request-${name}`);
    const token = sent("authorization")?.replace("Bearer ", "") ?? "";
    expect(decodeJwt(token)).toMatchObject({ sub: "user-1", sid: "session-1" });
    expect(sent("cookie")).toBeNull();
    expect(response.headers.get("x-middleware-override-headers")?.split(",")).not.toContain("cookie");
  });

  it("that opens a WebSocket gets a new token, which expires when the session must be checked again", async () => {
    const tokenOf = (response: Response) =>
      decodeJwt(response.headers.get("x-middleware-request-authorization")?.replace("Bearer ", "") ?? "");
    const handshake = { connection: "Upgrade", upgrade: "websocket", origin: APP };
    const { iat, exp } = tokenOf(await sendSignedIn("/backend/live", { headers: handshake }));
    expect(Number(exp) - Number(iat)).toBe(60);
    const call = tokenOf(await sendSignedIn("/backend/x"));
    expect(Number(call.exp) - Number(call.iat)).toBe(300);
  });

  it("that opens a WebSocket shortly before the session must be checked again gets a token that expires then", async () => {
    const handshake = { connection: "Upgrade", upgrade: "websocket", origin: APP };
    await sendSignedIn("/backend/x");
    time += 59_000;
    const response = await sendSignedIn("/backend/live", { headers: handshake });
    const token = response.headers.get("x-middleware-request-authorization")?.replace("Bearer ", "") ?? "";
    expect(decodeJwt(token).exp).toBe((START + 60_000) / 1000);
  });

  it("to a path with a bound of 0 seconds reads the store each time", async () => {
    await sendSignedIn("/backend/api/tasks");
    reply = async () => ({ session: null, setCookies: [] });
    expect((await sendSignedIn("/backend/api/tasks")).headers.get("x-middleware-rewrite")).toBeTruthy();
    expect((await sendSignedIn("/backend/api/account")).status).toBe(401);
  });

  it("sets no cookie, because Next would send it to the backend", async () => {
    reply = async () => ({ session: { identity, expiresAt: START + 86_400_000 }, setCookies: ["a=b"] });
    expect((await sendSignedIn("/backend/x")).headers.getSetCookie()).toEqual([]);
  });

  it("sends no token to the browser", async () => {
    const response = await sendSignedIn("/backend/x");
    for (const [name, value] of response.headers) {
      // With these headers the middleware passes request headers to Next, which removes them.
      if (!name.startsWith("x-middleware-request-")) expect(value, name).not.toMatch(/eyJ/);
    }
  });

  it("without a session gets 401 as problem details with the request ID", async () => {
    const response = await send("/backend/x");
    expect(response.status).toBe(401);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("www-authenticate")).toMatch(/^Session /);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(await response.json()).toEqual({
      type: "about:blank",
      title: "Not signed in",
      status: 401,
      detail: expect.any(String),
      code: "gate_signed_out",
      request_id: response.headers.get("x-request-id"),
    });
  });

  it("gets 503 with Retry-After while the store is down", async () => {
    reply = () => Promise.reject(new Error("connection refused"));
    const response = await sendSignedIn("/backend/x");
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ code: "gate_session_store_unreachable" });
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(logged).toEqual([
      {
        code: "gate_session_store_unreachable",
        request_id: response.headers.get("x-request-id"),
        route: "backend",
        status: 503,
        error: "Error: connection refused",
      },
    ]);
  });

  it.each([
    ["a script", { "sec-fetch-dest": "script" }],
    ["a worker", { "sec-fetch-dest": "worker" }],
    ["a shared worker", { "sec-fetch-dest": "sharedworker" }],
    ["a service worker", { "sec-fetch-dest": "serviceworker", "service-worker": "script" }],
    ["a service worker of a browser without Fetch Metadata", { "service-worker": "script" }],
    ["a worklet", { "sec-fetch-dest": "audioworklet" }],
    ["a style sheet in XSLT", { "sec-fetch-dest": "xslt" }],
    ["a frame", { "sec-fetch-dest": "iframe", "sec-fetch-mode": "navigate" }],
    ["a plug-in", { "sec-fetch-dest": "embed" }],
    ["an object", { "sec-fetch-dest": "object" }],
  ])("for %s of a page gets 403", async (_, headers) => {
    const response = await sendSignedIn("/backend/x", {
      headers: { ...headers, "sec-fetch-site": "same-origin" },
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: "gate_not_embeddable" });
  });

  it.each(["document", "empty", "image", "audio", "video", "track", "font", "style", "manifest", "json"])(
    "with the destination %s is forwarded",
    async (destination) => {
      const headers = { "sec-fetch-dest": destination, "sec-fetch-site": "same-origin" };
      const response = await sendSignedIn("/backend/x", { headers });
      expect(response.headers.get("x-middleware-rewrite")).toBeTruthy();
    },
  );

  it("has the name of each dropped header logged once, without its value", async () => {
    const headers = { "x-custom": "secret", "x-other": "1", "x-forwarded-for": "1", cookie2: "1" };
    await sendSignedIn("/backend/x", { headers });
    await sendSignedIn("/backend/x", { headers });
    expect(logged).toEqual([
      { code: "header_not_forwarded", route: "backend", what: "cookie2" },
      { code: "header_not_forwarded", route: "backend", what: "x-custom" },
      { code: "header_not_forwarded", route: "backend", what: "x-other" },
    ]);
  });

  it("has at most 50 names of dropped headers logged, and no long or unusual name", async () => {
    const names = Array.from({ length: 300 }, (_, index) => `x-${index}`);
    const odd = ["x".repeat(50), "a!b", "a_b", "1"];
    for (const name of [...odd, ...names]) await sendSignedIn("/backend/x", { headers: { [name]: "1" } });
    expect(logged).toHaveLength(50);
    expect(JSON.stringify(logged)).not.toMatch(/xxx|a!b|a_b|"1"/);
  });

  it.each([
    ["from another site", 403, { method: "POST", headers: { "sec-fetch-site": "cross-site" } }],
    ["with a body over the limit", 413, { method: "POST", headers: { "content-length": "1001" } }],
    ["with a body of unknown length", 411, { method: "POST", headers: { "transfer-encoding": "chunked" } }],
  ])("%s gets %i", async (_, status, init) => {
    const response = await sendSignedIn("/backend/x", init);
    expect(response.status).toBe(status);
    expect(response.headers.get("x-middleware-rewrite")).toBeNull();
    expect((await response.json()).status).toBe(status);
  });
});

describe("a request to a backend path with a rule", () => {
  const rules: Backend["access"] = [
    { path: "/backend/webhooks/*", methods: ["GET", "POST"], access: "open" },
    { path: "/backend/articles/*", methods: ["GET", "POST"], access: "optional" },
  ];
  let lookups: number;

  beforeEach(() => {
    lookups = 0;
    const store = () => {
      lookups += 1;
      return reply();
    };
    gate = createGate(gateOptions(APP, { store, now: () => time }, { routes: routesWithAccess(rules) }));
  });

  const arrived = (response: Response, name: string) => response.headers.get(`x-middleware-request-${name}`);

  describe("that is open", () => {
    it("is forwarded with the caller's own Authorization, and without cookie and token", async () => {
      const headers = { authorization: "Basic d2ViaG9vazpz", "x-user-id": "forged" };
      const response = await sendSignedIn("/backend/webhooks/stripe", { method: "POST", headers });
      expect(response.headers.get("x-middleware-rewrite")).toBe(
        "http://backend.internal:8000/webhooks/stripe",
      );
      expect(arrived(response, "authorization")).toBe("Basic d2ViaG9vazpz");
      const names = response.headers.get("x-middleware-override-headers")?.split(",");
      expect(names).not.toContain("cookie");
      expect(names).not.toContain("x-user-id");
      expect(lookups).toBe(0);
    });

    it("has no Authorization if the caller has none", async () => {
      const response = await sendSignedIn("/backend/webhooks/stripe", { method: "POST" });
      expect(response.headers.has("x-middleware-rewrite")).toBe(true);
      expect(response.headers.get("x-middleware-override-headers")?.split(",")).not.toContain(
        "authorization",
      );
    });

    it("is forwarded from another site, and while the store is down", async () => {
      reply = () => Promise.reject(new Error("connection refused"));
      const headers = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
      const response = await sendSignedIn("/backend/webhooks/stripe", { method: "POST", headers });
      expect(response.headers.has("x-middleware-rewrite")).toBe(true);
      expect(arrived(response, "origin")).toBeNull();
    });

    it("opens a WebSocket without a token", async () => {
      const handshake = { connection: "Upgrade", upgrade: "websocket" };
      const response = await sendSignedIn("/backend/webhooks/live", { headers: handshake });
      expect(response.headers.get("x-middleware-rewrite")).toMatch(/^http:\/\/backend/);
      expect(arrived(response, "authorization")).toBeNull();
    });

    it("by another method needs a session", async () => {
      expect((await send("/backend/webhooks/stripe", { method: "PUT" })).status).toBe(401);
    });
  });

  describe("that is optional", () => {
    it("is forwarded with a token if there is a session", async () => {
      const response = await sendSignedIn("/backend/articles/7");
      expect(decodeJwt(arrived(response, "authorization")?.slice("Bearer ".length) ?? "").sub).toBe("user-1");
    });

    it.each([
      ["no cookie", () => ({})],
      ["an invalid cookie", () => ({ cookie: "better-auth.session_token=abc.forged" })],
      ["an expired session", () => ({ cookie })],
    ])("is forwarded without Authorization and cookie if there is %s", async (_, headers) => {
      reply = async () => ({ session: null, setCookies: ["better-auth.session_token=; Max-Age=0"] });
      const response = await send("/backend/articles/7", {
        headers: { ...headers(), authorization: "Bearer forged", "sec-fetch-site": "same-origin" },
      });
      expect(response.headers.get("x-middleware-rewrite")).toBe("http://backend.internal:8000/articles/7");
      const names = response.headers.get("x-middleware-override-headers")?.split(",");
      expect(names).not.toContain("authorization");
      expect(names).not.toContain("cookie");
      expect(response.headers.getSetCookie()).toEqual([]);
    });

    it("gets 503 while the store is down", async () => {
      reply = () => Promise.reject(new Error("connection refused"));
      expect((await sendSignedIn("/backend/articles/7")).status).toBe(503);
    });

    it.each([
      ["with a session", () => ({ cookie })],
      ["without a session", () => ({})],
    ])("from another site and %s gets 403", async (_, headers) => {
      const init = { method: "POST", headers: { ...headers(), "sec-fetch-site": "cross-site" } };
      expect((await send("/backend/articles/7", init)).status).toBe(403);
    });
  });
});

describe("a script of the backend", () => {
  const asScript = { headers: { "sec-fetch-dest": "script" } };

  it("is forwarded only at a path that the routes list for the docs", async () => {
    const listed = await sendSignedIn("/backend/docs/start.js", asScript);
    expect(listed.headers.get("x-middleware-rewrite")).toBe("http://backend.internal:8000/docs/start.js");
    for (const path of ["/backend/docs", "/backend/docs/other.js", "/backend/docs/%73tart.js"]) {
      expect((await sendSignedIn(path, asScript)).status, path).toBe(403);
    }
  });

  it.each([
    { "sec-fetch-dest": "serviceworker" },
    { "sec-fetch-dest": "worker" },
    { "sec-fetch-dest": "script", "service-worker": "script" },
    { "sec-fetch-dest": "iframe" },
  ])("is refused at a listed path with %j", async (headers) => {
    expect((await sendSignedIn("/backend/docs/start.js", { headers } as RequestInit)).status).toBe(403);
  });

  it("needs a session", async () => {
    expect((await send("/backend/docs/start.js", asScript)).status).toBe(401);
  });
});

describe("a request for a page", () => {
  it("by a signed-in visitor passes", async () => {
    expect((await sendSignedIn("/dashboard")).headers.get("x-middleware-next")).toBe("1");
  });

  it("gets a policy with a nonce, also among the request headers, where Next reads it", async () => {
    const response = await sendSignedIn("/dashboard");
    const policy = response.headers.get("content-security-policy");
    expect(policy).toMatch(/script-src 'self' 'nonce-[^']+' 'strict-dynamic';/);
    expect(response.headers.get("x-middleware-request-content-security-policy")).toBe(policy);
    const next = await sendSignedIn("/dashboard");
    expect(next.headers.get("content-security-policy")).not.toBe(policy);
  });

  it.each([
    ["by Next's router", { rsc: "1" }],
    ["by a script", { "sec-fetch-dest": "empty", accept: "*/*" }],
    ["as an image", { "sec-fetch-dest": "image" }],
  ])("%s gets a policy without a nonce", async (_, headers) => {
    const response = await sendSignedIn("/dashboard", { headers });
    expect(response.headers.get("content-security-policy")).toBe(FILE_POLICY);
    expect(response.headers.get("x-middleware-request-content-security-policy")).toBe(FILE_POLICY);
  });

  it("passes new cookies to the page and to the browser", async () => {
    reply = async () => ({
      session: { identity, expiresAt: START + 86_400_000 },
      setCookies: ["better-auth.session_data=fresh; Max-Age=60; Path=/; HttpOnly", "gone=; Max-Age=0"],
    });
    const response = await send("/dashboard", { headers: { cookie: `${cookie}; gone=1; kept=2` } });
    expect(response.headers.getSetCookie()).toHaveLength(2);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(response.headers.get("x-middleware-request-cookie")).toBe(
      `${cookie}; kept=2; better-auth.session_data=fresh`,
    );
  });

  it.each([
    ["/dashboard", `${APP}/login?next=%2Fdashboard`],
    ["/tasks?filter=open&_rsc=1abc&page=2", `${APP}/login?next=%2Ftasks%3Ffilter%3Dopen%26page%3D2`],
    ["/tasks?_rsc=1abc", `${APP}/login?next=%2Ftasks`],
  ])("at %s by a signed-out visitor is redirected to %s", async (path, location) => {
    const response = await send(path);
    expect(response.status).toBe(307);
    expect(response.headers.get("location")).toBe(location);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
  });

  it("whose session has ended is redirected and clears the cookies", async () => {
    reply = async () => ({ session: null, setCookies: ["better-auth.session_token=; Max-Age=0"] });
    const response = await sendSignedIn("/dashboard");
    expect(response.status).toBe(307);
    expect(response.headers.getSetCookie()).toEqual(["better-auth.session_token=; Max-Age=0"]);
  });

  it("gets a 503 page and keeps its cookies while the store is down", async () => {
    reply = () => Promise.reject(new Error("down"));
    const response = await sendSignedIn("/dashboard");
    expect(response.status).toBe(503);
    expect(response.headers.get("content-type")).toMatch("text/html");
    expect(response.headers.get("retry-after")).toBeTruthy();
    expect(response.headers.getSetCookie()).toEqual([]);
    const html = await response.text();
    expect(html).toMatch(/not been signed out/);
    expect(html).toContain(response.headers.get("x-request-id"));
  });

  it("by a server action gets the redirect in the header that Next reads", async () => {
    const response = await send("/tasks?x=1", { method: "POST", headers: { "next-action": "00" } });
    expect(response.status).toBe(401);
    expect(response.headers.get("x-action-redirect")).toBe("/login?next=%2Ftasks;push");
  });
});

describe("a request for the route handler", () => {
  it.each(["/api/x", "/api/auth/x", "/api/health"])("%s gets a policy that allows nothing", async (path) => {
    const response = await sendSignedIn(path, {
      headers: { "content-security-policy": "script-src 'nonce-x'" },
    });
    expect(response.headers.get("content-security-policy")).toBe(BARE_POLICY);
    expect(response.headers.get("x-middleware-request-content-security-policy")).toBe(BARE_POLICY);
  });
});

describe("a signed-in visitor", () => {
  it.each([
    ["/login", `${APP}/dashboard`],
    ["/login?next=%2Ftasks%3Fa%3D1", `${APP}/tasks?a=1`],
    ["/login?next=https%3A%2F%2Fevil.example", `${APP}/dashboard`],
    ["/login?next=%2F%2Fevil.example", `${APP}/dashboard`],
  ])("of %s is redirected to %s", async (path, location) => {
    expect((await sendSignedIn(path)).headers.get("location")).toBe(location);
  });
});

it("the gate does not look up the session for a public page or an open API route", async () => {
  reply = () => Promise.reject(new Error("the store was read"));
  for (const path of ["/", "/api/auth/get-session", "/api/health"]) {
    expect((await sendSignedIn(path)).headers.get("x-middleware-next"), path).toBe("1");
  }
  expect(logged).toEqual([]);
});

it("the gate uses one token for a session whose cookies are renewed", async () => {
  const withCache = async (updatedAt: number) => {
    const data = await signCookieCache({ token: "abc", updatedAt });
    const response = await send("/backend/x", {
      headers: { cookie: `${cookie}; better-auth.session_data=${data}` },
    });
    return response.headers.get("x-middleware-request-authorization");
  };
  const first = await withCache(START - 30_000);
  expect(first).toMatch(/^Bearer eyJ/);
  expect(await withCache(START)).toBe(first);
});
