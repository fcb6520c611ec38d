import { type NextRequest, NextResponse } from "next/server";
import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../../edge/gate";
import type { StoreResult } from "../../../edge/session/store";
import type { LogEntry } from "../../../lib/log/log";
import type { NextFunction, Passed } from "../../../lib/next-function";
import type { Routes } from "../../../lib/routes";
import { identityOf } from "../../../lib/token/contract";
import { signSessionToken } from "../../../scripts/stack/signing";
import { gateOptions } from "../../fixtures/gate";
import { routes } from "../../fixtures/routes";

/** The `next` function of an app: what it receives, what it can do, and what it cannot. */

const APP = "https://app.example.com";
const identity = identityOf({ id: "user-1", email: "ada@example.com", name: "Ada" }, { id: "session-1" });
const active: StoreResult = {
  session: { identity, expiresAt: 86_400_000 },
  setCookies: ["__Secure-better-auth.session_data=new; Path=/; HttpOnly; Secure; SameSite=Lax"],
};

let cookie: string;
let logged: LogEntry[];
let calls: Passed[];
let store: () => Promise<StoreResult>;

beforeEach(async () => {
  cookie = `__Secure-better-auth.session_token=${await signSessionToken("abc")}`;
  logged = [];
  calls = [];
  store = async () => active;
});

/** Sends a request to a gate with this function. The visitor is signed in if `signedIn`. */
async function send(
  path: string,
  next: NextFunction<NextRequest>,
  { signedIn = false, headers = {}, more = {} as Partial<Routes> } = {},
): Promise<Response> {
  const gate = createGate({
    ...gateOptions(APP, { store: () => store(), log: (entry) => void logged.push(entry) }),
    routes: { ...routes, ...more },
    clientAddressHeader: "x-client-address",
    next: (request: NextRequest, passed) => {
      calls.push(passed);
      return next(request, passed);
    },
  });
  const init = { headers: { accept: "text/html", ...(signedIn && { cookie }), ...headers } };
  return gate(new Request(APP + path, init));
}

/** A request header of the page. Null: it has none. */
const pageHeader = (response: Response, name: string) =>
  response.headers.get("x-middleware-override-headers")?.split(",").includes(name)
    ? response.headers.get(`x-middleware-request-${name}`)
    : null;

const nothing: NextFunction = () => undefined;

describe("the next function", () => {
  it.each([
    ["/dashboard", true, { kind: "page", session: { state: "active", identity, expiresAt: 86_400_000 } }],
    ["/", true, { kind: "public-page", session: { state: "unknown" } }],
    ["/login", false, { kind: "guest-page", session: { state: "none" } }],
    ["/api/health", false, { kind: "open-api", session: { state: "unknown" } }],
    ["/api/other", true, { kind: "api", session: { state: "active", identity, expiresAt: 86_400_000 } }],
  ])("runs on %s and receives its kind and the session", async (path, signedIn, passed) => {
    await send(path, nothing, { signedIn });
    expect(calls).toEqual([passed]);
  });

  it.each([
    ["/dashboard", false, "a redirect to the sign-in page"],
    ["/login", true, "a redirect away from it"],
    ["/api/other", false, "a refusal"],
    ["/backend/api/me", true, "a forwarded request"],
    ["/backend/api/me", false, "a refused call"],
  ])("does not run on %s with a session: %s (%s)", async (path, signedIn) => {
    await send(path, nothing, { signedIn });
    expect(calls).toEqual([]);
  });

  it("learns nothing about the session while the store is down", async () => {
    store = async () => {
      throw new Error("down");
    };
    await send("/login", nothing, { signedIn: true });
    expect(calls).toEqual([{ kind: "guest-page", session: { state: "unknown" } }]);
  });

  it("that returns nothing changes nothing", async () => {
    const response = await send("/dashboard", nothing, { signedIn: true });
    expect(response.headers.get("x-middleware-next")).toBe("1");
    expect(response.headers.getSetCookie()).toEqual(active.setCookies);
  });

  it("keeps request headers and response headers apart", async () => {
    const response = await send("/", async () => ({
      requestHeaders: { "x-path": "/" },
      responseHeaders: { "x-robots-tag": "noindex" },
    }));
    expect(pageHeader(response, "x-path")).toBe("/");
    expect(response.headers.has("x-path")).toBe(false);
    expect(response.headers.get("x-robots-tag")).toBe("noindex");
    expect(pageHeader(response, "x-robots-tag")).toBeNull();
  });

  it("sets and deletes headers of the page with NextResponse.next", async () => {
    const next: NextFunction<NextRequest> = (request) => {
      const headers = new Headers(request.headers);
      headers.set("x-path", "/");
      headers.delete("x-user");
      return NextResponse.next({ request: { headers }, headers: { link: "</de>; rel=alternate" } });
    };
    const response = await send("/", next, { headers: { "x-user": "forged" } });
    expect(pageHeader(response, "x-path")).toBe("/");
    expect(pageHeader(response, "x-user")).toBeNull();
    expect(pageHeader(response, "accept")).toBe("text/html");
    expect(response.headers.get("link")).toBe("</de>; rel=alternate");
  });

  it("sets a cookie for the browser and the page, next to those of the gate", async () => {
    const next: NextFunction = () => {
      const response = NextResponse.next();
      response.cookies.set("NEXT_LOCALE", "de");
      return response;
    };
    const response = await send("/dashboard", next, { signedIn: true });
    expect(response.headers.getSetCookie()).toEqual(["NEXT_LOCALE=de; Path=/", ...active.setCookies]);
    expect(pageHeader(response, "cookie")).toBe(
      `${cookie}; NEXT_LOCALE=de; __Secure-better-auth.session_data=new`,
    );
    expect(response.headers.get("cache-control")).toBe("private, no-store");
  });

  it("redirects, and the browser still gets the gate's cookies", async () => {
    const next: NextFunction = () => NextResponse.redirect(`${APP}/de`, 308);
    const response = await send("/dashboard", next, { signedIn: true });
    expect(response.status).toBe(308);
    expect(response.headers.get("location")).toBe(`${APP}/de`);
    expect(response.headers.getSetCookie()).toEqual(active.setCookies);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(response.headers.get("x-middleware-next")).toBeNull();
  });

  it("sends a response of its own, with the gate's policy, request ID and cookies", async () => {
    const headers = { "content-security-policy": "none", "x-request-id": "own", "cache-control": "public" };
    const next: NextFunction = () => new Response("teapot", { status: 418, headers });
    const response = await send("/dashboard", next, { signedIn: true });
    expect([response.status, await response.text()]).toEqual([418, "teapot"]);
    expect(response.headers.get("content-security-policy")).toMatch(/'nonce-/);
    expect(response.headers.get("x-request-id")).toBe("id-1");
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(response.headers.getSetCookie()).toEqual(active.setCookies);
  });

  it.each([
    "cookie",
    "authorization",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-client-address",
    "x-real-ip",
    "host",
    "content-length",
    "transfer-encoding",
    "x-request-id",
    "x-middleware-subrequest",
    "next-action",
  ])("cannot give the page another %s header", async (name) => {
    const usual = pageHeader(await send("/dashboard", nothing, { signedIn: true }), name);
    const list: NextFunction = () => ({ requestHeaders: { [name]: "forged" } });
    const notation: NextFunction<NextRequest> = ({ headers }) => {
      const changed = new Headers(headers);
      changed.set(name, "forged");
      return NextResponse.next({ request: { headers: changed } });
    };
    for (const next of [list, notation]) {
      expect(pageHeader(await send("/dashboard", next, { signedIn: true }), name)).toBe(usual);
    }
  });

  it("cannot delete the session or the policy from the page's headers", async () => {
    const next: NextFunction = () => NextResponse.next({ request: { headers: new Headers() } });
    const response = await send("/dashboard", next, { signedIn: true });
    expect(pageHeader(response, "cookie")).toContain(cookie);
    expect(pageHeader(response, "accept")).toBeNull();
    expect(pageHeader(response, "content-security-policy")).toBe(
      response.headers.get("content-security-policy"),
    );
  });

  it("cannot replace the policy, the request ID or a session cookie of the response", async () => {
    const responseHeaders = new Headers({
      "content-security-policy": "script-src *",
      "x-request-id": "own",
      "x-middleware-rewrite": "https://evil.example/",
      "x-action-redirect": "/evil;push",
    });
    const stolen = [
      "better-auth.session_token=x",
      "__Secure-better-auth.session_token=x; Max-Age=0",
      "=better-auth.session_token=x",
    ];
    for (const value of stolen) responseHeaders.append("set-cookie", value);
    const response = await send("/dashboard", () => ({ responseHeaders }), { signedIn: true });
    expect(response.headers.get("content-security-policy")).toMatch(/'nonce-/);
    expect(response.headers.get("x-request-id")).toBe("id-1");
    expect(response.headers.get("x-middleware-rewrite")).toBeNull();
    expect(response.headers.get("x-action-redirect")).toBeNull();
    expect(response.headers.getSetCookie()).toEqual(active.setCookies);
  });

  it("that throws is a failure of the gate, which the log explains", async () => {
    for (const next of [
      () => Promise.reject(new Error("broken")),
      () => {
        throw new Error("broken");
      },
    ]) {
      expect((await send("/", next)).status).toBe(500);
      expect(logged.at(-1)).toMatchObject({ code: "gate_failed", error: expect.stringContaining("broken") });
    }
  });
});

describe("a rewrite of the next function", () => {
  const to =
    (target: string): NextFunction =>
    () =>
      NextResponse.rewrite(new URL(target, APP), { request: { headers: new Headers({ "x-path": "/" }) } });

  it("leads to a page of this app, with the gate's headers", async () => {
    const response = await send("/dashboard", to("/en/dashboard"), { signedIn: true });
    expect(response.headers.get("x-middleware-rewrite")).toBe(`${APP}/en/dashboard`);
    expect(response.headers.get("x-middleware-next")).toBeNull();
    expect(pageHeader(response, "x-path")).toBe("/");
    expect(pageHeader(response, "cookie")).toContain(cookie);
    expect(response.headers.get("content-security-policy")).toMatch(/'nonce-/);
    expect(response.headers.getSetCookie()).toEqual(active.setCookies);
  });

  it.each([
    ["https://evil.example/", "/dashboard", "of another origin"],
    ["//evil.example/x", "/dashboard", "of another origin"],
    ["/backend/api/me", "/dashboard", "a path of the backend"],
    ["/dashboard", "/", "which needs a session"],
    ["/api/other", "/login", "which needs a session"],
    ["/account", "/konto", "which has a shorter bound"],
    ["/%61ccount", "/konto", "which has a shorter bound"],
  ])("to %s from %s is an error", async (target, path, reason) => {
    const response = await send(path, to(target), { signedIn: path !== "/login" });
    expect(response.status).toBe(500);
    expect(response.headers.get("x-middleware-rewrite")).toBeNull();
    expect(logged.at(-1)).toMatchObject({ code: "gate_failed", error: expect.stringContaining(reason) });
  });

  it("outside of the base path is an error", async () => {
    const more: Partial<Routes> = { basePath: "/app" };
    expect((await send("/app/login", to("/en/login"), { more })).status).toBe(500);
    const response = await send("/app/login", to("/app/en/login"), { more: { ...more, locales: ["en"] } });
    expect(response.headers.get("x-middleware-rewrite")).toBe(`${APP}/app/en/login`);
  });
});
