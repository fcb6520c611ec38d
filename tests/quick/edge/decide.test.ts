import { describe, expect, it, test } from "vitest";
import type { Wants } from "../../../edge/classify";
import { type Decision, decide } from "../../../edge/decide";
import type { Facts } from "../../../edge/facts";
import type { KnownSession, SessionResult } from "../../../edge/session/session";
import type { Access, RouteKind } from "../../../lib/routes";
import { identityOf } from "../../../lib/token/contract";

const session: KnownSession = {
  identity: identityOf({ id: "user-1", email: "ada@example.com", name: "Ada" }, { id: "session-1" }),
  expiresAt: 86_400_000,
  verifiedAt: 0,
};
type SessionState = SessionResult["state"];
const results: Record<SessionState, SessionResult> = {
  active: { state: "active", session, source: "memory", setCookies: [] },
  none: { state: "none", setCookies: [] },
  invalid: { state: "invalid", setCookies: [] },
  unreachable: { state: "unreachable", error: new Error("down") },
};

/** The facts, with the state of the session instead of its result. */
type FactsByState = Omit<Facts, "session"> & { session: SessionState };

const decideBy = (facts: FactsByState) => decide({ ...facts, session: results[facts.session] });

const usual: FactsByState = {
  kind: "page",
  access: "required",
  wants: "document",
  safe: true,
  session: "active",
  crossSite: false,
  deceptivePath: false,
  embedded: false,
  body: "fits",
  unmet: undefined,
};

const pass: Decision = { do: "pass" };
const forward: Decision = { do: "forward", as: "user", session };
const forwardAnonymous: Decision = { do: "forward", as: "anonymous" };
const forwardOpen: Decision = { do: "forward", as: "itself" };
const toLogin: Decision = { do: "redirect", to: "login", status: 307 };
const toLoginByGet: Decision = { do: "redirect", to: "login", status: 303 };
const onward: Decision = { do: "redirect", to: "next", status: 307 };
const onwardByGet: Decision = { do: "redirect", to: "next", status: 303 };
const unavailable: Decision = { do: "show-unavailable" };
type Refusal = Extract<Decision, { do: "refuse" }>;
const refuse = (code: Exclude<Refusal, { unmet: unknown }>["code"]): Decision => ({ do: "refuse", code });
const signedOut = refuse("gate_signed_out");
const unreachable = refuse("gate_session_store_unreachable");

type Row = [sentence: string, facts: Partial<FactsByState>, decision: Decision];

const rows: Row[] = [
  ["anyone sees a public page", { kind: "public-page", session: "none" }, pass],
  ["a public page needs no session store", { kind: "public-page", session: "unreachable" }, pass],
  ["a signed-in visitor sees a public page", { kind: "public-page" }, pass],

  ["a guest sees the sign-in page", { kind: "guest-page", session: "none" }, pass],
  ["the sign-in page shows while the store is down", { kind: "guest-page", session: "unreachable" }, pass],
  ["a signed-in visitor of /login is redirected", { kind: "guest-page" }, onward],
  [
    "a form posted to /login by a signed-in visitor is redirected to a GET",
    { kind: "guest-page", safe: false },
    onwardByGet,
  ],
  ["a script that fetches /login is not redirected", { kind: "guest-page", wants: "data" }, pass],

  ["a signed-in visitor sees a page", {}, pass],
  ["a signed-out visitor of a page is redirected to sign in", { session: "none" }, toLogin],
  ["Next's router is redirected to sign in as well", { session: "none", wants: "flight" }, toLogin],
  [
    "a form posted while signed out is not posted again to /login",
    { session: "none", safe: false },
    toLoginByGet,
  ],
  [
    "a server action is redirected to sign in by the header that Next reads",
    { session: "none", wants: "action", safe: false },
    { do: "redirect-action", to: "login" },
  ],
  [
    "a script that fetches a page while signed out gets 401, not HTML",
    { session: "none", wants: "data" },
    signedOut,
  ],
  [
    "a visitor of a page whose session cannot be checked gets the 503 page",
    { session: "unreachable" },
    unavailable,
  ],
  [
    "a posted form whose session cannot be checked gets the 503 page",
    { session: "unreachable", safe: false },
    unavailable,
  ],
  [
    "Next's router gets 503 if the session cannot be checked, and loads the page again",
    { session: "unreachable", wants: "flight" },
    unreachable,
  ],
  [
    "a server action gets 503 if the session cannot be checked",
    { session: "unreachable", wants: "action", safe: false },
    unreachable,
  ],

  [
    "a prefetched link to the backend does not call it",
    { kind: "backend", wants: "prefetch" },
    refuse("gate_not_for_router"),
  ],
  ["a signed-in call reaches the backend", { kind: "backend", wants: "data" }, forward],
  ["a signed-in download reaches the backend", { kind: "backend" }, forward],
  ["a signed-in WebSocket reaches the backend", { kind: "backend", wants: "upgrade" }, forward],
  ["a call without a session gets 401", { kind: "backend", wants: "data", session: "none" }, signedOut],
  ["a download link opened while signed out leads to sign-in", { kind: "backend", session: "none" }, toLogin],
  [
    "a signed-in client that wants another protocol is refused",
    { kind: "backend", wants: "other-upgrade" },
    { do: "refuse", code: "gate_not_websocket" },
  ],
  ["an anonymous WebSocket is refused", { kind: "backend", wants: "upgrade", session: "none" }, signedOut],
  [
    "a call whose session cannot be checked gets 503",
    { kind: "backend", wants: "data", session: "unreachable" },
    unreachable,
  ],
  [
    "a download whose session cannot be checked gets 503",
    { kind: "backend", session: "unreachable" },
    unreachable,
  ],
  [
    "a call from another site gets 403",
    { kind: "backend", wants: "data", safe: false, crossSite: true },
    refuse("gate_cross_site"),
  ],
  [
    "a request of another site that changes something in a route handler gets 403",
    { kind: "api", wants: "data", safe: false, crossSite: true },
    refuse("gate_cross_site"),
  ],
  [
    "a WebSocket from another site gets 403",
    { kind: "backend", wants: "upgrade", crossSite: true },
    refuse("gate_cross_site"),
  ],
  [
    "a call from another site without a session gets 401",
    { kind: "backend", wants: "data", session: "none", crossSite: true },
    signedOut,
  ],
  [
    "a call from another site gets 503 while the store is down",
    { kind: "backend", wants: "data", session: "unreachable", crossSite: true },
    unreachable,
  ],
  [
    "a path that the backend could read as another gets 400",
    { kind: "backend", deceptivePath: true },
    refuse("gate_bad_path"),
  ],
  [
    "a path that the backend could read as another gets 400 without a session as well",
    { kind: "backend", deceptivePath: true, session: "none" },
    refuse("gate_bad_path"),
  ],
  [
    "a route handler's path that cannot be decoded gets 400",
    { kind: "open-api", deceptivePath: true },
    refuse("gate_bad_path"),
  ],
  [
    "a protected route handler's path that cannot be decoded gets 400 without a session as well",
    { kind: "api", deceptivePath: true, session: "none" },
    refuse("gate_bad_path"),
  ],
  [
    "a body over the limit gets 413",
    { kind: "backend", wants: "data", safe: false, body: "too-large" },
    refuse("gate_body_too_large"),
  ],
  [
    "a body of unknown length gets 411",
    { kind: "backend", wants: "data", safe: false, body: "unknown-length" },
    refuse("gate_length_required"),
  ],

  [
    "a call by a user without the role gets 403",
    { kind: "backend", wants: "data", unmet: { role: "admin" } },
    { do: "refuse", code: "gate_forbidden", unmet: { role: "admin" } },
  ],
  [
    "a navigation to the backend by a user without the role gets 403, and no redirect",
    { kind: "backend", unmet: { role: "admin" } },
    { do: "refuse", code: "gate_forbidden", unmet: { role: "admin" } },
  ],
  [
    "a WebSocket of a user without a verified email gets 403",
    { kind: "backend", wants: "upgrade", unmet: { verified_email: true } },
    { do: "refuse", code: "gate_forbidden", unmet: { verified_email: true } },
  ],
  [
    "a call after a sign-in that is too old gets 401",
    { kind: "backend", wants: "data", unmet: { max_age: 300 } },
    { do: "refuse", code: "gate_sign_in_too_old", unmet: { max_age: 300 } },
  ],
  [
    "a route handler called by a user without the role gets 403",
    { kind: "api", wants: "data", unmet: { role: "admin" } },
    { do: "refuse", code: "gate_forbidden", unmet: { role: "admin" } },
  ],

  [
    "Better Auth's endpoints make their own checks",
    { kind: "open-api", session: "none", wants: "data" },
    pass,
  ],
  [
    "Better Auth's endpoints need no session store",
    { kind: "open-api", session: "unreachable", wants: "data" },
    pass,
  ],
  ["a signed-in call reaches a route handler", { kind: "api", wants: "data" }, pass],
  [
    "a route handler called while signed out gets 401",
    { kind: "api", wants: "data", session: "none" },
    signedOut,
  ],
  ["a navigation to a route handler while signed out gets 401", { kind: "api", session: "none" }, signedOut],
  [
    "a route handler called while the store is down gets 503",
    { kind: "api", wants: "data", session: "unreachable" },
    unreachable,
  ],
];

test.each(rows)("%s", (_, facts, decision) => {
  expect(decideBy({ ...usual, ...facts })).toEqual(decision);
});

describe("on an optional path", () => {
  test.each<Row>([
    ["a signed-in call is forwarded for its user", {}, forward],
    ["a call without a session is forwarded without a token", { session: "none" }, forwardAnonymous],
    [
      "a navigation without a session is forwarded, not redirected",
      { session: "none", wants: "document" },
      forwardAnonymous,
    ],
    ["a WebSocket without a session is forwarded", { session: "none", wants: "upgrade" }, forwardAnonymous],
    ["a call whose session cannot be checked gets 503", { session: "unreachable" }, unreachable],
    [
      "a navigation whose session cannot be checked gets 503",
      { session: "unreachable", wants: "document" },
      unreachable,
    ],
    ["a call from another site gets 403", { crossSite: true }, refuse("gate_cross_site")],
    [
      "a call from another site without a session gets 403 as well",
      { crossSite: true, session: "none" },
      refuse("gate_cross_site"),
    ],
    ["a deceptive path gets 400", { deceptivePath: true, session: "none" }, refuse("gate_bad_path")],
    ["a body over the limit gets 413", { body: "too-large", session: "none" }, refuse("gate_body_too_large")],
    [
      "a body of unknown length gets 411",
      { body: "unknown-length", session: "none" },
      refuse("gate_length_required"),
    ],
    ["a frame gets 403", { embedded: true, session: "none" }, refuse("gate_not_embeddable")],
    ["a prefetch is refused", { wants: "prefetch", session: "none" }, refuse("gate_not_for_router")],
    [
      "another protocol is refused",
      { wants: "other-upgrade", session: "none" },
      refuse("gate_not_websocket"),
    ],
  ])("%s", (_, facts, decision) => {
    expect(
      decideBy({ ...usual, kind: "backend", access: "optional", wants: "data", safe: false, ...facts }),
    ).toEqual(decision);
  });
});

describe("on an open path", () => {
  test.each<Row>([
    ["a call is forwarded", { session: "none" }, forwardOpen],
    ["a call is forwarded without its session", { session: "active" }, forwardOpen],
    ["a call is forwarded while the store is down", { session: "unreachable" }, forwardOpen],
    ["a call from another site is forwarded", { crossSite: true }, forwardOpen],
    ["a deceptive path gets 400", { deceptivePath: true }, refuse("gate_bad_path")],
    ["a body over the limit gets 413", { body: "too-large" }, refuse("gate_body_too_large")],
    ["a body of unknown length gets 411", { body: "unknown-length" }, refuse("gate_length_required")],
    ["a frame gets 403", { embedded: true }, refuse("gate_not_embeddable")],
    ["a prefetch is refused", { wants: "prefetch" }, refuse("gate_not_for_router")],
    ["another protocol is refused", { wants: "other-upgrade" }, refuse("gate_not_websocket")],
  ])("%s", (_, facts, decision) => {
    expect(
      decideBy({ ...usual, kind: "backend", access: "open", wants: "data", safe: false, ...facts }),
    ).toEqual(decision);
  });
});

const kinds: RouteKind[] = ["public-page", "guest-page", "page", "backend", "open-api", "api"];
const accesses: Access[] = ["required", "optional", "open"];
const wants: Wants[] = ["document", "flight", "action", "upgrade", "other-upgrade", "data", "prefetch"];
const sessions: SessionState[] = ["active", "none", "unreachable"];
const bodies: Facts["body"][] = ["fits", "too-large", "unknown-length"];

function* everyFacts(): Generator<FactsByState> {
  for (const kind of kinds)
    for (const access of accesses)
      for (const want of wants)
        for (const state of sessions)
          for (const body of bodies)
            for (let bits = 0; bits < 32; bits++)
              yield {
                kind,
                access,
                wants: want,
                session: state,
                body,
                safe: (bits & 1) !== 0,
                crossSite: (bits & 2) !== 0,
                deceptivePath: (bits & 4) !== 0,
                embedded: (bits & 8) !== 0,
                unmet: (bits & 16) !== 0 && state === "active" ? { role: "admin" } : undefined,
              };
}

/** For whom the backend may receive a request. This is written apart from the policy. */
function callerOf({ access, session }: FactsByState): string | undefined {
  if (access === "open") return "itself";
  if (session === "active") return "user";
  return access === "optional" && session === "none" ? "anonymous" : undefined;
}

describe("for every combination of facts, the policy", () => {
  const all = [...everyFacts()].map((facts) => ({ facts, decision: decideBy(facts) }));

  it("is tested", () => {
    expect(all).toHaveLength(6 * 3 * 7 * 3 * 3 * 32);
  });

  it("forwards only as the path's access allows, with an unambiguous path and a body within the limit", () => {
    for (const { facts, decision } of all) {
      const may =
        facts.kind === "backend" &&
        callerOf(facts) !== undefined &&
        (!facts.crossSite || facts.access === "open") &&
        !facts.deceptivePath &&
        !facts.embedded &&
        !facts.unmet &&
        facts.body === "fits" &&
        !["other-upgrade", "prefetch"].includes(facts.wants);
      expect(decision.do === "forward", JSON.stringify(facts)).toBe(may);
      if (decision.do === "forward") expect(decision.as, JSON.stringify(facts)).toBe(callerOf(facts));
    }
  });

  it("passes no session that does not meet a rule to a route handler", () => {
    for (const { facts, decision } of all) {
      if (facts.kind === "api" && facts.unmet) {
        expect(decision.do, JSON.stringify(facts)).not.toBe("pass");
      }
    }
  });

  it("passes and redirects no upgrade", () => {
    for (const { facts, decision } of all) {
      if (facts.wants.endsWith("upgrade")) {
        expect(decision.do, JSON.stringify(facts)).toMatch(/^(refuse|forward)$/);
      }
    }
  });

  it("passes nobody without a session to a protected page or route handler", () => {
    for (const { facts, decision } of all) {
      if ((facts.kind === "page" || facts.kind === "api") && facts.session !== "active") {
        expect(decision.do, JSON.stringify(facts)).not.toBe("pass");
      }
    }
  });

  it("redirects nobody to sign in because of an outage", () => {
    for (const { facts, decision } of all) {
      if (facts.session === "unreachable") {
        expect(JSON.stringify(decision), JSON.stringify(facts)).not.toMatch(/login|gate_signed_out/);
      }
    }
  });

  it("redirects no script and no WebSocket", () => {
    for (const { facts, decision } of all) {
      if (facts.wants === "data" || facts.wants.endsWith("upgrade")) {
        expect(decision.do, JSON.stringify(facts)).not.toMatch(/redirect|show/);
      }
    }
  });

  it("refuses no navigation to a page with JSON", () => {
    for (const { facts, decision } of all) {
      const isPage = facts.kind === "page" || facts.kind === "guest-page" || facts.kind === "public-page";
      if (isPage && facts.wants === "document") {
        expect(decision.do, JSON.stringify(facts)).not.toBe("refuse");
      }
    }
  });

  it("redirects an unsafe method only with a status that does not repeat it", () => {
    for (const { facts, decision } of all) {
      if (!facts.safe && decision.do === "redirect") expect(decision.status, JSON.stringify(facts)).toBe(303);
    }
  });
});
