import fc from "fast-check";
import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { createClassifier } from "../../../edge/classify";
import { decide } from "../../../edge/decide";
import { gatherFacts } from "../../../edge/facts";
import { createGate } from "../../../edge/gate";
import type { GateRequest } from "../../../edge/request";
import { readSessionCookies, sessionCookieNames } from "../../../edge/session/cookies";
import type { SessionResult } from "../../../edge/session/session";
import type { StoreResult } from "../../../edge/session/store";
import { type Authorization, buildUpstreamHeaders } from "../../../edge/upstream/headers";
import { buildUpstreamUrl } from "../../../edge/upstream/url";
import type { LogEntry } from "../../../lib/log/log";
import { identityOf } from "../../../lib/token/contract";
import { signSessionToken } from "../../../scripts/stack/signing";
import { forgedHeaders } from "../../fixtures/forged-headers";
import { gateOptions } from "../../fixtures/gate";
import {
  APP,
  createTally,
  FORGED,
  method,
  numRuns,
  path,
  search,
  sent,
  timeout,
} from "../../fixtures/requests";
import { routes } from "../../fixtures/routes";

const BACKEND = "http://backend.internal:8000";
const MAX_BODY = 1000;
const ada = identityOf({ id: "user-1", email: "ada@example.com", name: "Ada" }, { id: "session-1" });
const classify = createClassifier(routes);
const rules = { origins: [APP], maxBodyBytes: MAX_BODY, findUnmet: undefined, now: () => 0 };
type SessionState = SessionResult["state"];
const results: Record<SessionState, SessionResult> = {
  active: {
    ...{ state: "active", source: "memory", setCookies: [] },
    session: { identity: ada, expiresAt: 86_400_000, verifiedAt: 0 },
  },
  none: { state: "none", setCookies: [] },
  invalid: { state: "invalid", setCookies: [] },
  unreachable: { state: "unreachable", error: new Error("down") },
};
const requested = fc.tuple(method, path, sent);

/**
 * Why a request of a signed-in visitor must not reach the backend. This is a second, independent
 * implementation of the policy, to compare the gate's decision with.
 */
function findObjection(verb: string, pathname: string, headers: Headers) {
  if (pathname !== "/backend" && !pathname.startsWith("/backend/")) return "not the backend's";
  if (isAmbiguous(pathname)) return "deceptive";
  if (changes(verb, headers) && isFromElsewhere(headers)) return "cross-site";
  if (isPartOfAPage(headers)) return "embedded";
  if (namesUpgrade(headers) && !isHandshake(verb, headers)) return "another protocol";
  if (headers.has("transfer-encoding")) return "unknown length";
  const length = headers.get("content-length") ?? "0";
  return /^[0-9]+$/.test(length) && Number(length) <= MAX_BODY ? undefined : "too large";
}

/** Whether decoding adds a separator, a NUL, or a segment with another meaning. */
function isAmbiguous(pathname: string): boolean {
  const decoded = pathname.replace(/%([0-9a-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const segments = decoded.split("/");
  return (
    segments.length !== pathname.split("/").length ||
    segments.some((segment) => segment === "." || segment === ".." || /[\\\0]/.test(segment))
  );
}

/** A method that is not known to be safe, or an upgrade to any protocol. */
function changes(verb: string, headers: Headers): boolean {
  return namesUpgrade(headers) || (verb !== "GET" && verb !== "HEAD" && verb !== "OPTIONS");
}

function namesUpgrade(headers: Headers): boolean {
  const names = (headers.get("connection") ?? "").toLowerCase().split(",");
  return headers.has("upgrade") && names.some((name) => name.trim() === "upgrade");
}

/** A script, a worker or a frame. */
function isPartOfAPage(headers: Headers): boolean {
  return (
    headers.has("service-worker") ||
    /script|work|frame|embed|object|xslt/.test(headers.get("sec-fetch-dest") ?? "")
  );
}

/** RFC 6455 §4.1. */
function isHandshake(verb: string, headers: Headers): boolean {
  return verb === "GET" && namesUpgrade(headers) && headers.get("upgrade")?.toLowerCase() === "websocket";
}

function isFromElsewhere(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  if (site) return site !== "same-origin" && site !== "none";
  return headers.has("origin") && headers.get("origin") !== APP;
}

/** A page or route that works without a session. */
function isOpen(pathname: string): boolean {
  const pages =
    /^\/((forgot-password|reset-password|verify-email|account-deleted|dev\/mail|login|signup)\/?)?$/;
  const isBelow = /^\/api\/(auth|health)(\/|$)/.test(pathname);
  return pages.test(pathname) || (isBelow && !isAmbiguous(pathname) && !/\/\/|;|%(3b|25)/i.test(pathname));
}

/** Next sends a bare 500 for a route handler's path that it cannot decode. */
function isDecodable(pathname: string): boolean {
  try {
    decodeURIComponent(pathname);
    return true;
  } catch {
    return false;
  }
}

function startGate(store: () => Promise<StoreResult>) {
  const errors: object[] = [];
  const log = (entry: LogEntry) => errors.push(...(entry.error === undefined ? [] : [entry]));
  const gate = createGate(
    gateOptions(APP, { store, log }, { backendUrls: { BACKEND_URL: BACKEND }, maxBodyBytes: MAX_BODY }),
  );
  return { gate, errors };
}

it.each(forgedHeaders)("the header %s never reaches the backend as the client sent it", (name) => {
  const trusted = {
    authorization: { from: "gate" as const, token: "t" },
    requestId: "id",
    appOrigin: APP,
    origins: [APP],
    clientAddressHeader: undefined,
    isUpgrade: false,
  };
  expect([...buildUpstreamHeaders(new Headers({ [name]: FORGED }), trusted).values()]).not.toContain(FORGED);
});

describe("any request", { timeout }, () => {
  it("is decided without an error, and forwarded only if an independent policy agrees", () => {
    const tally = createTally();
    fc.assert(
      fc.property(
        requested,
        fc.constantFrom<SessionState>("active", "active", "active", "active", "none", "unreachable"),
        ([verb, pathname, { headers }], session) => {
          const classified = classify(verb, pathname, headers);
          const isUpgrade = classified.wants.endsWith("upgrade");
          // Not a parsed URL: the path must arrive here as it was generated.
          const request: GateRequest = {
            ...{ raw: new Request(APP), requestId: "id", headers, pathname, search: "" },
            ...{ classified, isUpgrade },
          };
          const decision = decide(gatherFacts(request, results[session], rules));
          tally.count(decision.do === "refuse" ? decision.code : decision.do);
          if (decision.do !== "forward") return;
          expect(session).toBe("active");
          expect(findObjection(verb, pathname, headers)).toBeUndefined();
          if (isHandshake(verb, headers)) tally.count("forwarded upgrade");
        },
      ),
      { numRuns },
    );
    const refusals = [
      ...[
        "bad_path",
        "cross_site",
        "not_embeddable",
        "not_websocket",
        "body_too_large",
        "length_required",
        "signed_out",
      ],
    ];
    const reached = ["forward", "pass", "redirect", "forwarded upgrade"];
    expect(tally.listRare(...reached, ...refusals.map((code) => `gate_${code}`))).toEqual([]);
  });

  it("gives the backend no forged header, and none that Connection lists", () => {
    const tally = createTally();
    // Headers that the gate sets itself.
    const ours = /^(authorization|x-request-id|x-forwarded-(proto|host|for)|host|connection|upgrade)$/;
    const framing = ["content-length", "transfer-encoding"];
    const address = fc.constantFrom(undefined, "203.0.113.7");
    fc.assert(
      fc.property(
        sent,
        fc.boolean(),
        fc.boolean(),
        address,
        fc.constantFrom<Authorization["from"]>("gate", "gate", "caller", "nobody"),
        ({ headers, nominated }, isUpgrade, trusts, ip, from) => {
          const clientAddressHeader = trusts ? "x-platform-address" : undefined;
          if (ip) headers.set("x-platform-address", ip);
          const said = { requestId: "id", appOrigin: APP, origins: [APP] };
          const authorization: Authorization = from === "gate" ? { from, token: "t.o.k" } : { from };
          const own = headers.get("authorization") || undefined;
          const trusted = { ...said, authorization, clientAddressHeader, isUpgrade };
          const seen = buildUpstreamHeaders(headers, trusted);
          const others = [...seen].filter(([name]) => from !== "caller" || name !== "authorization");
          expect(others.filter(([, value]) => value.includes(FORGED))).toEqual([]);
          const isOwn = from === "caller" && !nominated.includes("authorization");
          expect(seen.get("authorization")).toBe(from === "gate" ? "Bearer t.o.k" : isOwn ? own : undefined);
          if (isOwn && own !== undefined) tally.count("the caller's own");
          expect(seen.get("x-request-id")).toBe("id");
          expect(seen.get("x-forwarded-proto")).toBe("https");
          expect(seen.get("x-forwarded-host")).toBe("app.example.com");
          expect(seen.get("host")).toBe("app.example.com");
          expect([undefined, APP]).toContain(seen.get("origin"));
          expect(seen.get("x-forwarded-for")).toBe(trusts ? ip : undefined);
          expect(seen.get("connection")).toBe(isUpgrade ? "Upgrade" : undefined);
          expect(seen.get("upgrade")).toBe(isUpgrade ? "websocket" : undefined);
          for (const name of nominated) {
            if (name === "" || ours.test(name) || framing.includes(name)) continue;
            expect(seen.has(name), name).toBe(false);
            if (headers.has(name)) tally.count("nominated");
          }
          // These two frame the body, so they must always arrive.
          for (const name of framing) {
            expect(seen.get(name)).toBe(headers.get(name) ?? undefined);
            if (headers.has(name) && nominated.includes(name)) tally.count("nominated framing");
          }
          if ([...headers.values()].some((value) => value.includes(FORGED))) tally.count("forged");
          if (trusts && !ip && headers.has("x-forwarded-for")) tally.count("no address");
        },
      ),
      { numRuns },
    );
    const cases = ["nominated", "nominated framing", "forged", "no address", "the caller's own"];
    expect(tally.listRare(...cases)).toEqual([]);
  });

  it("is forwarded to the configured origin", () => {
    fc.assert(
      fc.property(path, search, (pathname, query) => {
        const target = buildUpstreamUrl("https://api.example.com", "/backend", `/backend${pathname}`, query);
        expect(new URL(target).origin).toBe("https://api.example.com");
      }),
      { numRuns },
    );
  });

  it("can have any Cookie header: no cookie that is read from it is longer than the header", () => {
    const names = sessionCookieNames(false);
    const part = fc.constantFrom(
      names.token,
      names.data,
      `${names.data}.0`,
      `${names.data}.1`,
      `${names.data}.99999`,
      "=",
      ";",
      " ",
      "a",
      "%",
    );
    const header = fc.oneof(
      fc.string(),
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(header, (text) => {
        const cookies = readSessionCookies(text, names);
        if (cookies)
          expect(cookies.token.length + (cookies.data?.length ?? 0)).toBeLessThanOrEqual(text.length);
      }),
      { numRuns },
    );
  });

  it("without a session reaches no backend and no protected page", async () => {
    const { gate, errors } = startGate(() =>
      Promise.reject(new Error("a forged cookie has reached the store")),
    );
    const tally = createTally();
    const forged = fc
      .array(fc.constantFrom(..."Az09%.+/="), { maxLength: 60 })
      .map((picked) => picked.join(""));
    const cookie = fc.oneof(
      fc.constant(undefined),
      forged.map((text) => `__Secure-better-auth.session_token=${text}`),
    );
    await fc.assert(
      fc.asyncProperty(requested, search, cookie, async ([verb, pathname, { headers }], query, session) => {
        headers.delete("cookie");
        if (session) headers.set("cookie", session);
        const request = new Request(APP + pathname + query, { method: verb, headers });
        const response = await gate(request);
        // The gate forwards by a rewrite. It refuses a WebSocket by a rewrite to a page of the app.
        const rewrite = response.headers.get("x-middleware-rewrite");
        if (rewrite) expect(new URL(rewrite).origin).toBe(APP);
        const location = response.headers.get("location");
        if (location) expect(new URL(location, APP).origin).toBe(APP);
        const passes = response.headers.has("x-middleware-next");
        const { pathname: received } = new URL(request.url);
        expect(passes).toBe(isOpen(received) && isDecodable(received) && !namesUpgrade(headers));
        tally.count(passes ? "pass" : location ? "redirect" : `${response.status}`);
      }),
      { numRuns },
    );
    expect(errors).toEqual([]);
    expect(tally.listRare("pass", "redirect", "401", "400")).toEqual([]);
  });

  it("with a session is forwarded without its cookie, and only if an independent policy agrees", async () => {
    const { gate, errors } = startGate(async () => ({
      session: { identity: ada, expiresAt: 86_400_000 },
      setCookies: ["better-auth.session_data=fresh"],
    }));
    const cookie = `__Secure-better-auth.session_token=${await signSessionToken("abc")}`;
    const status = {
      ...{ deceptive: 400, "cross-site": 403, embedded: 403, "another protocol": 400 },
      ...{ "unknown length": 411, "too large": 413 },
    };
    const tally = createTally();
    await fc.assert(
      fc.asyncProperty(requested, search, async ([verb, pathname, { headers }], query) => {
        headers.set("cookie", `a=${FORGED}; ${cookie}; b=c`);
        const request = new Request(APP + pathname + query, { method: verb, headers });
        const response = await gate(request);
        const why = findObjection(request.method, new URL(request.url).pathname, headers);
        const rewrite = response.headers.get("x-middleware-rewrite");
        if (rewrite?.startsWith(`${APP}/`)) expect(namesUpgrade(headers)).toBe(true);
        else if (rewrite !== null) {
          expect(new URL(rewrite).origin).toBe(BACKEND);
          expect(why).toBeUndefined();
          const names = response.headers.get("x-middleware-override-headers")?.split(",") ?? [];
          const handedOn = [...response.headers].filter(([name]) => name.startsWith("x-middleware-request-"));
          expect(handedOn.map(([name]) => name.slice("x-middleware-request-".length)).sort()).toEqual(
            names.sort(),
          );
          expect(names).not.toContain("cookie");
          expect(JSON.stringify(handedOn)).not.toContain(FORGED);
          const token = response.headers.get("x-middleware-request-authorization") ?? "";
          expect(decodeJwt(token.replace(/^Bearer /, ""))).toMatchObject({ sub: "user-1", sid: "session-1" });
          expect(response.headers.getSetCookie()).toEqual([]);
          tally.count("forward");
          return;
        }
        tally.count(why ?? "forward");
        if (why === "not the backend's") return;
        expect(response.status).toBe(why && status[why]);
      }),
      { numRuns },
    );
    expect(errors).toEqual([]);
    expect(tally.listRare("forward", "not the backend's", ...Object.keys(status))).toEqual([]);
  });
});
