import { beforeEach, describe, expect, it, test } from "vitest";
import { createClassifier } from "../../../edge/classify";
import { createGate, type Gate } from "../../../edge/gate";
import { createStalenessBound } from "../../../edge/session/staleness-bound";
import { withBasePath, withoutBasePath } from "../../../lib/base-path";
import type { RouteKind, Routes } from "../../../lib/routes";
import { identityOf } from "../../../lib/token/contract";
import { signSessionToken } from "../../../scripts/stack/signing";
import { gateOptions } from "../../fixtures/gate";
import { routes } from "../../fixtures/routes";

/** An app below `/app`, in two languages, with another sign-in page. */

const APP = "http://localhost:3000";
const moved: Routes = {
  ...routes,
  basePath: "/app",
  locales: ["en", "de"],
  guestPages: ["/sign-in", "/signup"],
  login: "/sign-in",
};
const identity = identityOf({ id: "user-1", email: "ada@example.com", name: "Ada" }, { id: "session-1" });

let gate: Gate;
let cookie: string;
beforeEach(async () => {
  cookie = `better-auth.session_token=${await signSessionToken("abc")}`;
  const store = async () => ({ session: { identity, expiresAt: 86_400_000 }, setCookies: [] });
  gate = createGate({ ...gateOptions(APP, { store }), routes: moved });
});

const send = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  gate(new Request(APP + path, { method, headers: { accept: "text/html", ...headers } }));

describe("a request without a session", () => {
  it.each([
    ["/app/dashboard", "/app/sign-in?next=%2Fdashboard"],
    ["/app/de/dashboard?a=1", "/app/de/sign-in?next=%2Fde%2Fdashboard%3Fa%3D1"],
    ["/app/app/dashboard", "/app/sign-in?next=%2Fapp%2Fdashboard"],
    ["/app/backend/report.pdf", "/app/sign-in?next=%2Fbackend%2Freport.pdf"],
    ["/%61pp/dashboard", "/app/sign-in?next=%2F%2561pp%2Fdashboard"],
  ])("for %s is redirected to %s", async (path, to) => {
    expect((await send(path)).headers.get("location")).toBe(APP + to);
  });

  it("of a server action names the page without the base path, which Next's client adds", async () => {
    const response = await send("/app/de/dashboard", { "next-action": "x" }, "POST");
    expect(response.headers.get("x-action-redirect")).toBe("/de/sign-in?next=%2Fde%2Fdashboard;push");
  });

  it("for an upgrade of a page is closed by a rewrite to the sign-in page", async () => {
    const response = await send("/app/dashboard", { connection: "Upgrade", upgrade: "websocket" });
    expect(response.headers.get("x-middleware-rewrite")).toBe(`${APP}/app/sign-in`);
  });
});

describe("a request with a session", () => {
  it("is forwarded to the backend without the base path and the prefix", async () => {
    const response = await send("/app/backend/api/tasks?a=1", { cookie });
    expect(response.headers.get("x-middleware-rewrite")).toBe("http://backend.internal:8000/api/tasks?a=1");
  });

  it.each([
    ["/app/sign-in", "/app/dashboard"],
    ["/app/de/sign-in", "/app/de/dashboard"],
    ["/app/de/sign-in?next=%2Fde%2Ftasks", "/app/de/tasks"],
    ["/app/sign-in?next=%2Fde%2Fsign-in", "/app/dashboard"],
    ["/app/sign-in?next=%2F%2Fevil.example", "/app/dashboard"],
  ])("for %s is redirected to %s", async (path, to) => {
    expect((await send(path, { cookie })).headers.get("location")).toBe(APP + to);
  });
});

describe("with the languages en and de", () => {
  const classify = createClassifier(moved);
  test.each<[path: string, kind: RouteKind]>([
    ["/de", "public-page"],
    ["/de/", "public-page"],
    ["/en/forgot-password", "public-page"],
    ["/de/sign-in", "guest-page"],
    ["/de/sign-in/", "guest-page"],
    ["/sign-in", "guest-page"],
    ["/de/account", "page"],
    ["/login", "page"],
    ["/de/login", "page"],
    ["/fr/sign-in", "page"],
    ["/DE/sign-in", "page"],
    ["/%64e/sign-in", "page"],
    ["/de/de/sign-in", "page"],
    ["/de/de", "page"],
    ["/de//sign-in", "page"],
    ["/de;x/sign-in", "page"],
    ["/de%2fsign-in", "page"],
    ["/des/sign-in", "page"],
    ["/de/api/health", "page"],
    ["/de/api/auth/get-session", "page"],
    ["/de/backend/api/me", "page"],
    ["/api/de/health", "api"],
    ["/backend/de", "backend"],
  ])("%s has the kind %s", (path, kind) => {
    expect(classify("GET", path, new Headers()).kind).toBe(kind);
  });

  const maxStaleAt = createStalenessBound(60, [["/account/*", 0]], ["en", "de-CH"]);
  test.each([
    ["/account", 0],
    ["/en/account", 0],
    ["/en/account/devices", 0],
    ["/de-CH/account", 0],
    ["/DE-ch/account", 0],
    ["/%65n/account", 0],
    ["/en/%61ccount", 0],
    ["/en", 60_000],
    ["/en/accounts", 60_000],
    ["/fr/account", 60_000],
  ])("%s is trusted for %d ms", (path, expected) => {
    expect(maxStaleAt(path)).toBe(expected);
  });
});

test.each([
  ["/", "/app"],
  ["/dashboard", "/app/dashboard"],
  ["/verify-email?done=1", "/app/verify-email?done=1"],
  ["/app", "/app/app"],
])("%s has the address %s, and back", (path, address) => {
  expect(withBasePath(path, moved)).toBe(address);
  expect(withoutBasePath(address, moved)).toBe(path);
  expect(withBasePath(path, {})).toBe(path);
  expect(withoutBasePath(path, {})).toBe(path);
});

test.each(["/", "/apple", "/x/app", "/%61pp/x"])(
  "%s is outside of the base path and does not change",
  (path) => {
    expect(withoutBasePath(path, moved)).toBe(path);
  },
);
