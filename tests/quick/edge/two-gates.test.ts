import { beforeEach, describe, expect, it } from "vitest";
import { createGate, type Gate } from "../../../edge/gate";
import type { Routes } from "../../../lib/routes";
import { identityOf } from "../../../lib/token/contract";
import { signSessionToken } from "../../../scripts/stack/signing";
import { gateOptions } from "../../fixtures/gate";

const identity = identityOf({ id: "user-1", email: "ada@example.com", name: "Ada" }, { id: "session-1" });

/** The paths of another app. None of them means the same in this one. */
const shop: Routes = {
  publicPages: ["/", "/prices"],
  guestPages: ["/enter"],
  openApi: ["/api/hooks/*"],
  backends: [{ prefix: "/orders", address: "ORDERS_URL", access: [] }],
  maxStale: [["/orders/invoices/*", 0]],
  login: "/enter",
  endSession: ["/api/hooks/leave"],
  home: "/cart",
};

interface Case {
  readonly gate: Gate;
  readonly cookie: string;
  /** How often the session store was called. */
  readonly countLookups: () => number;
}

async function createCase(
  appOrigin: string,
  more: { routes?: Routes; backendUrls?: Record<string, string> } = {},
): Promise<Case> {
  let lookups = 0;
  const store = async () => {
    lookups += 1;
    return { session: { identity, expiresAt: 86_400_000 }, setCookies: [] };
  };
  const cookie = `__Secure-better-auth.session_token=${await signSessionToken("abc")}`;
  return { gate: createGate(gateOptions(appOrigin, { store }, more)), cookie, countLookups: () => lookups };
}

const APP = "https://app.example.com";
const SHOP = "https://shop.example.com";
let app: Case;
let other: Case;
beforeEach(async () => {
  app = await createCase(APP);
  other = await createCase(SHOP, { routes: shop, backendUrls: { ORDERS_URL: "https://orders.internal" } });
});

const html = { accept: "text/html" };

/** What each of the two gates does with a request for this path. */
async function sendBoth(path: string, init: (one: Case) => RequestInit = () => ({ headers: html })) {
  const [ofApp, ofShop] = await Promise.all([
    app.gate(new Request(APP + path, init(app))),
    other.gate(new Request(SHOP + path, init(other))),
  ]);
  return { ofApp, ofShop };
}

const signedIn = ({ cookie }: Case) => ({ headers: { ...html, cookie } });

describe("two gates with different routes in one process", () => {
  it.each([
    ["/prices", "307", "pass"],
    ["/verify-email", "pass", "307"],
    ["/enter", "307", "pass"],
    ["/login", "pass", "307"],
    ["/api/hooks/x", "401", "pass"],
    ["/api/auth/x", "pass", "401"],
  ])("treat %s of a signed-out visitor each by its own routes: %s and %s", async (path, first, second) => {
    const { ofApp, ofShop } = await sendBoth(path);
    const resultOf = ({ status, headers }: Response) =>
      headers.has("x-middleware-next") ? "pass" : String(status);
    expect([resultOf(ofApp), resultOf(ofShop)]).toEqual([first, second]);
  });

  it("forward only their own backend path, each to its own backend", async () => {
    const rewritesOf = async (path: string) => {
      const { ofApp, ofShop } = await sendBoth(path, signedIn);
      return [ofApp, ofShop].map(({ headers }) => headers.get("x-middleware-rewrite"));
    };
    expect(await rewritesOf("/backend/x?a=1")).toEqual(["http://backend.internal:8000/x?a=1", null]);
    expect(await rewritesOf("/orders/x?a=1")).toEqual([null, "https://orders.internal/x?a=1"]);
  });

  it("redirect a signed-out visitor each to its own sign-in page", async () => {
    const { ofApp, ofShop } = await sendBoth("/account");
    expect(ofApp.headers.get("location")).toBe(`${APP}/login?next=%2Faccount`);
    expect(ofShop.headers.get("location")).toBe(`${SHOP}/enter?next=%2Faccount`);
  });

  it("redirect a signed-in visitor of a page for guests each to its own home page", async () => {
    const toApp = await app.gate(new Request(`${APP}/login`, signedIn(app)));
    const toShop = await other.gate(new Request(`${SHOP}/enter?next=%2Fenter`, signedIn(other)));
    expect(toApp.headers.get("location")).toBe(`${APP}/dashboard`);
    expect(toShop.headers.get("location")).toBe(`${SHOP}/cart`);
  });

  it("share no session in memory, and each reads the store for its own paths", async () => {
    const lookupsOf = async (path: string) => {
      const before = [app.countLookups(), other.countLookups()];
      for (let i = 0; i < 2; i++) {
        await app.gate(new Request(`${APP}/backend${path}`, signedIn(app)));
        await other.gate(new Request(`${SHOP}/orders${path}`, signedIn(other)));
      }
      return [app.countLookups() - (before[0] ?? 0), other.countLookups() - (before[1] ?? 0)];
    };
    expect(await lookupsOf("/x")).toEqual([1, 1]);
    expect(await lookupsOf("/api/account")).toEqual([2, 0]);
    expect(await lookupsOf("/invoices")).toEqual([0, 2]);
  });

  it("forget a session only for their own paths that end it", async () => {
    const leave = (one: Case, origin: string) =>
      one.gate(new Request(`${origin}/api/hooks/leave`, { method: "POST", headers: { cookie: one.cookie } }));
    const lookupsOfCalls = async () => {
      const before = [app.countLookups(), other.countLookups()];
      await app.gate(new Request(`${APP}/backend/x`, signedIn(app)));
      await other.gate(new Request(`${SHOP}/orders/x`, signedIn(other)));
      return [app.countLookups() - (before[0] ?? 0), other.countLookups() - (before[1] ?? 0)];
    };
    expect(await lookupsOfCalls()).toEqual([1, 1]);
    expect(await lookupsOfCalls()).toEqual([0, 0]);
    await leave(app, APP);
    await leave(other, SHOP);
    expect(await lookupsOfCalls()).toEqual([0, 1]);
  });
});
