import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { problemResponse } from "../../../lib/problem";
import { type Backend, routes } from "../../../lib/routes";
import { judgeScheme, judgeStrength } from "../../../scripts/checks/doctor/configuration";
import { explainDatabaseError } from "../../../scripts/checks/doctor/database";
import { diagnose } from "../../../scripts/checks/doctor/diagnose";
import { estimateBits, WEAK_BELOW_BITS } from "../../../scripts/checks/doctor/entropy";
import { judgeClock } from "../../../scripts/checks/doctor/judge-clock";
import { judgeCookies } from "../../../scripts/checks/doctor/judge-cookies";
import { judgeHeaders } from "../../../scripts/checks/doctor/judge-headers";
import { judgeReadiness } from "../../../scripts/checks/doctor/judge-readiness";
import {
  judgeGateFile,
  judgeNext,
  judgeNode,
  judgeRewriteCaching,
} from "../../../scripts/checks/doctor/project";
import { createRedactor } from "../../../scripts/checks/doctor/redact";
import type { TokenProbe } from "../../../scripts/checks/doctor/token-probe";
import { findPath } from "../../../scripts/checks/find-path";
import { describeNetworkError, failUnreachable, Unreachable } from "../../../scripts/checks/network-error";
import { explainRefusal } from "../../../scripts/checks/token-refusals";
import { root } from "../../../scripts/lib/root";

/**
 * What `npm run doctor` concludes from what it observes. tests/system/doctor runs it against real
 * servers.
 */

const vercel = (value: string, source = "/backend/(.*)") =>
  JSON.stringify({ headers: [{ source, headers: [{ key: "X-Vercel-Enable-Rewrite-Caching", value }] }] });
const main: Backend = { prefix: "/backend", address: "BACKEND_URL", access: [] };
const reports: Backend = { prefix: "/reports", address: "REPORTS_URL", audience: "reports-api", access: [] };
const sessionCookie =
  "__Secure-better-auth.session_token=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax";
const safe = new Headers({
  "content-security-policy": "default-src 'self'; script-src 'self' 'nonce-abc'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
});
const without = (name: string) => {
  const headers = new Headers(safe);
  headers.delete(name);
  return headers;
};

it("vercel.json of this project turns rewrite caching off for every backend of lib/routes.ts", () => {
  const text = readFileSync(join(root, "vercel.json"), "utf8");
  // If this fails, the finding has the entry to add.
  expect(judgeRewriteCaching(text, routes.backends)).toEqual({ status: "passed" });
});

it("a backend without an entry in vercel.json is named, with the entry to add", () => {
  expect(judgeRewriteCaching(vercel("0"), [main, reports])).toEqual({
    status: "failed",
    findings: [
      {
        reason: "Vercel may cache the responses of /reports/(.*) and send one user's data to another",
        fix: 'Add to "headers" in vercel.json: {"source":"/reports/(.*)","headers":[{"key":"x-vercel-enable-rewrite-caching","value":"0"}]}',
      },
    ],
  });
});

const cookies = (cookie: string, secure = true) => judgeCookies([cookie], { secure, status: 200 }).status;

test.each<[string, string, string]>([
  ["Node 20.19", judgeNode("20.19.0").status, "passed"],
  ["Node 20.18", judgeNode("20.18.3").status, "failed"],
  ["Node 22.12", judgeNode("22.12.0").status, "passed"],
  ["Node 22.11", judgeNode("22.11.0").status, "failed"],
  ["Node 26", judgeNode("26.12.1").status, "passed"],
  ["Node 18", judgeNode("18.20.8").status, "failed"],
  ["Node 25, which is not tested", judgeNode("25.9.0").status, "warning"],
  ["Node 27, which is not tested", judgeNode("27.0.0").status, "warning"],
  ["the pinned Next", judgeNext("16.4.6", "16.4.6").status, "passed"],
  ["another Next 16", judgeNext("16.5.0", "16.4.6").status, "warning"],
  ["Next 17", judgeNext("17.0.0", "17.0.0").status, "failed"],
  ["no Next", judgeNext(undefined, "16.4.6").status, "failed"],
  ["middleware.ts", judgeGateFile((file) => file === "middleware.ts").status, "passed"],
  ["proxy.ts beside it", judgeGateFile(() => true).status, "failed"],
  ["neither", judgeGateFile(() => false).status, "failed"],
  ["rewrite caching off", judgeRewriteCaching(vercel("0"), [main]).status, "passed"],
  ["rewrite caching off for every path", judgeRewriteCaching(vercel("0", "/(.*)"), [main]).status, "passed"],
  ["rewrite caching on", judgeRewriteCaching(vercel("1"), [main]).status, "failed"],
  ["rewrite caching off elsewhere", judgeRewriteCaching(vercel("0", "/other"), [main]).status, "failed"],
  ["no header in vercel.json", judgeRewriteCaching("{}", [main]).status, "failed"],
  ["a vercel.json that is no JSON", judgeRewriteCaching("{", [main]).status, "failed"],
  ["no vercel.json", judgeRewriteCaching(undefined, [main]).status, "failed"],
  ["https", judgeScheme("https://app.example.com").status, "passed"],
  ["http on loopback", judgeScheme("http://localhost:3000").status, "passed"],
  ["http on the network", judgeScheme("http://app.example.com").status, "failed"],
  [
    "http on a name that only begins like loopback",
    judgeScheme("http://localhost.evil.com").status,
    "failed",
  ],
  ["a clock that is right", judgeClock("it", 0.6).status, "passed"],
  ["a clock that is nearly too late", judgeClock("it", -8).status, "warning"],
  ["a clock that is too late", judgeClock("it", -11).status, "failed"],
  ["a clock that is too early", judgeClock("it", 11).status, "failed"],
  ["no clock", judgeClock("it", undefined).status, "skipped"],
  ["a cookie as it should be", cookies(sessionCookie), "passed"],
  [
    "a cookie on plain loopback",
    cookies("better-auth.session_token=; HttpOnly; SameSite=Lax", false),
    "passed",
  ],
  ["a cookie without HttpOnly", cookies(sessionCookie.replace("; HttpOnly", "")), "failed"],
  ["a cookie without SameSite", cookies(sessionCookie.replace("; SameSite=Lax", "")), "failed"],
  ["a cookie for other sites", cookies(sessionCookie.replace("Lax", "None")), "failed"],
  ["a cookie without Secure", cookies(sessionCookie.replace("; Secure", "")), "failed"],
  ["a cookie without the prefix", cookies(sessionCookie.replace("__Secure-", "")), "failed"],
  ["no cookie to see", judgeCookies([], { secure: true, status: 403 }).status, "skipped"],
  ["all security headers", judgeHeaders(safe, { secure: false }).status, "passed"],
  ["https without HSTS", judgeHeaders(safe, { secure: true }).status, "failed"],
  [
    "no policy for scripts",
    judgeHeaders(without("content-security-policy"), { secure: false }).status,
    "failed",
  ],
  ["no nosniff", judgeHeaders(without("x-content-type-options"), { secure: false }).status, "failed"],
])("doctor judges %s: %s", (_, status, expected) => expect(status).toBe(expected));

describe("judgeReadiness", () => {
  const reasonsOf = (parts: Record<string, string>) => {
    const outcome = judgeReadiness({ status: 503, body: JSON.stringify(parts) });
    return "findings" in outcome ? outcome.findings.map(({ reason }) => reason) : outcome.status;
  };

  it("names each part that fails", () => {
    expect(reasonsOf({ database: "failing", backend: "timeout" })).toEqual([
      expect.stringMatching(/tables.*DATABASE_URL/),
      expect.stringMatching(/FastAPI for \/backend: BACKEND_URL/),
    ]);
  });

  it("is skipped where no part is named", () => {
    expect(reasonsOf({ server: "stopping" })).toBe("skipped");
    expect(judgeReadiness({ status: 404, body: "Not found" }).status).toBe("skipped");
  });
});

describe("estimateBits", () => {
  it("accepts 32 random bytes in base64 and in hex", () => {
    for (let round = 0; round < 500; round++) {
      const bytes = Buffer.from(crypto.getRandomValues(new Uint8Array(32)));
      expect(estimateBits(bytes.toString("base64"))).toBeGreaterThan(WEAK_BELOW_BITS);
      expect(estimateBits(bytes.toString("hex"))).toBeGreaterThan(WEAK_BELOW_BITS);
    }
  });

  test.each([
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "passwordpasswordpasswordpassword",
    "12345678901234567890123456789012",
    "secret-secret-secret-secret-secret-secret",
  ])("finds %s weak, and the warning does not contain it", (secret) => {
    const outcome = judgeStrength("JWT_SECRET_KEY", [secret]);
    expect(outcome.status).toBe("warning");
    expect(JSON.stringify(outcome)).not.toContain(secret);
  });
});

describe("explainDatabaseError", () => {
  const networkError = (code: string) => Object.assign(new Error("fetch failed"), { code });
  test.each<[string, unknown, RegExp]>([
    ["a wrong password", new Error('password authentication failed for user "u"'), /user or the password/],
    ["its code alone", Object.assign(new Error("no"), { code: "28P01" }), /user or the password/],
    ["a wrong name", new Error('database "x" does not exist'), /no database of that name/],
    ["a closed port", networkError("ECONNREFUSED"), /refuses connections/],
    ["an unknown host", networkError("ENOTFOUND"), /host that does not exist/],
    [
      "the driver's own wrapping",
      Object.assign(new Error("Error connecting"), { sourceError: networkError("ENOTFOUND") }),
      /host that does not exist/,
    ],
  ])("explains %s", (_, error, expected) => expect(explainDatabaseError(error).reason).toMatch(expected));
});

test.each([
  ["CERT_HAS_EXPIRED", /certificate that has expired/, /^Renew/],
  ["ERR_TLS_CERT_ALTNAME_INVALID", /certificate for another name/, /certificate for this name/],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", /leads to no authority/, /whole certificate chain/],
  ["ENOTFOUND", /does not exist/, /Correct BACKEND_URL.*DNS/],
  ["ECONNREFUSED", /refuses connections/, /^Start FastAPI, or correct BACKEND_URL$/],
])("failUnreachable explains the cause of a failed connection: %s", (code, words, fix) => {
  const failed = new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code }) });
  expect(describeNetworkError(failed)).toMatch(words);
  const unreachable = new Unreachable("https://api.example.com", failed);
  const outcome = failUnreachable(unreachable, "FastAPI", "BACKEND_URL");
  expect(outcome).toMatchObject({ status: "failed", findings: [{ fix: expect.stringMatching(fix) }] });
});

it("createRedactor hides every secret, password and token", () => {
  const hide = createRedactor({
    GITHUB_CLIENT_SECRET: "secret-of-github",
    GOOGLE_CLIENT_SECRET: "secret-of-google",
    BETTER_AUTH_SECRET: "auth-secret-value",
    BETTER_AUTH_SECRETS: "2:new-auth-secret,1:old-auth-secret",
    JWT_SECRET_KEY: "first-key-value, second-key-value",
    DATABASE_URL: "postgresql://u:p%40ss-word@host/db",
  });
  const hidden = hide(
    "auth-secret-value old-auth-secret second-key-value p%40ss-word p@ss-word secret-of-github secret-of-google eyJhbGci.eyJzdWIi.c2ln https://user:pw@host/",
  );
  expect(hidden).toBe("*** *** *** *** *** *** *** *** https://***@host/");
  expect(hide("It looks like postgresql://user:password@host/database")).toContain("user:password@host");
});

it("diagnose recognises a BACKEND_URL that is the address of the app itself", async () => {
  const response = problemResponse("gate_signed_out", "id");
  const config = { keys: ["k"], issuer: "phase2-web", audience: "phase2-api", ttlSeconds: 300 };
  const { status, headers } = response;
  const body = await response.text();
  const refusal = { status, headers, setCookies: [], body, rest: "", ahead: 0 };
  const { reason, fix } = await diagnose(refusal, config, {
    sendVariation: async () => refusal,
  } as unknown as TokenProbe);
  expect(reason).toBe("BACKEND_URL is the address of a Gatehouse app, not of FastAPI");
  expect(fix).toContain("BACKEND_URL");
});

it("a further backend that expects another audience has a finding with its own, from lib/routes.ts", async () => {
  const refusal = {
    ...{ status: 401, headers: new Headers(), body: JSON.stringify({ code: "token_wrong_audience" }) },
    ...{ setCookies: [], rest: "", ahead: 0 },
  };
  const config = { keys: ["k"], issuer: "phase2-web", audience: "reports-api", ttlSeconds: 300 };
  const probe = { sendVariation: async () => refusal } as unknown as TokenProbe;
  expect(await diagnose(refusal, config, probe, reports)).toEqual({
    reason: 'the audience differs: lib/routes.ts has "reports-api", and FastAPI expects another one',
    fix: "Set JWT_AUDIENCE=reports-api for this FastAPI and restart it",
  });
});

test.each([
  ["token_wrong_audience", "/backend", "JWT_AUDIENCE differs"],
  ["token_wrong_audience", "/reports", 'the audience differs: lib/routes.ts has "reports-api"'],
  ["token_wrong_key", "/reports", "JWT_SECRET_KEY differs"],
  ["token_wrong_purpose", "/reports", ""],
])("explainRefusal explains %s of the backend at %s", (code, prefix, reason) => {
  const backend = [main, reports].find((one) => one.prefix === prefix) ?? main;
  expect(explainRefusal(code, backend)?.reason.split(/[:,] FastAPI|, and/)[0] ?? "").toBe(reason);
});

test.each([
  [[], "/api/me", "/api/me"],
  [["/api/whoami"], "/api/whoami", "/api/me"],
  [["/reports/api/summary"], "/api/me", "/api/summary"],
  [["/reports/api/summary", "/api/whoami"], "/api/whoami", "/api/summary"],
  [["/reportsx"], "/reportsx", "/api/me"],
])("with --path %j the paths of the two backends are %s and %s", (paths, first, second) => {
  const both = [main, reports];
  expect(both.map((backend) => findPath(paths, backend, both))).toEqual([first, second]);
});
