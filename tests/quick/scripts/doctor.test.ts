import { describe, expect, it, test } from "vitest";
import { problemResponse } from "../../../lib/problem";
import { failWhenUnreachable, inWords, Unreachable } from "../../../scripts/checks/doctor/ask";
import { judgeClock } from "../../../scripts/checks/doctor/clock";
import { judgeScheme, judgeStrength } from "../../../scripts/checks/doctor/configuration";
import { judgeCookies } from "../../../scripts/checks/doctor/cookies";
import { explain } from "../../../scripts/checks/doctor/database";
import { diagnose } from "../../../scripts/checks/doctor/diagnose";
import { judgeHeaders } from "../../../scripts/checks/doctor/headers";
import type { Probe } from "../../../scripts/checks/doctor/probe";
import {
  judgeGateFile,
  judgeNext,
  judgeNode,
  judgeRewriteCaching,
} from "../../../scripts/checks/doctor/project";
import { redactor } from "../../../scripts/checks/doctor/redact";
import { asText } from "../../../scripts/checks/doctor/report";
import { estimateBits, WEAK_BELOW_BITS } from "../../../scripts/checks/doctor/strength";

/**
 * What `npm run doctor` concludes from what it observes. tests/system/doctor runs it against real
 * servers.
 */

const vercel = (value: string, source = "/backend/(.*)") =>
  JSON.stringify({ headers: [{ source, headers: [{ key: "X-Vercel-Enable-Rewrite-Caching", value }] }] });
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
const cookies = (cookie: string, secure = true) => judgeCookies([cookie], { secure, status: 200 }).state;

test.each<[string, string, string]>([
  ["Node 20.19", judgeNode("20.19.0").state, "ok"],
  ["Node 20.18", judgeNode("20.18.3").state, "fail"],
  ["Node 22.12", judgeNode("22.12.0").state, "ok"],
  ["Node 22.11", judgeNode("22.11.0").state, "fail"],
  ["Node 26", judgeNode("26.12.1").state, "ok"],
  ["Node 18", judgeNode("18.20.8").state, "fail"],
  ["Node 25, which is not tested", judgeNode("25.9.0").state, "warn"],
  ["Node 27, which is not tested", judgeNode("27.0.0").state, "warn"],
  ["the pinned Next", judgeNext("16.4.6", "16.4.6").state, "ok"],
  ["another Next 16", judgeNext("16.5.0", "16.4.6").state, "warn"],
  ["Next 17", judgeNext("17.0.0", "17.0.0").state, "fail"],
  ["no Next", judgeNext(undefined, "16.4.6").state, "fail"],
  ["middleware.ts", judgeGateFile((file) => file === "middleware.ts").state, "ok"],
  ["proxy.ts beside it", judgeGateFile(() => true).state, "fail"],
  ["neither", judgeGateFile(() => false).state, "fail"],
  ["rewrite caching off", judgeRewriteCaching(vercel("0")).state, "ok"],
  ["rewrite caching on", judgeRewriteCaching(vercel("1")).state, "fail"],
  ["rewrite caching off elsewhere", judgeRewriteCaching(vercel("0", "/other")).state, "fail"],
  ["no header in vercel.json", judgeRewriteCaching("{}").state, "fail"],
  ["a vercel.json that is no JSON", judgeRewriteCaching("{").state, "fail"],
  ["no vercel.json", judgeRewriteCaching(undefined).state, "fail"],
  ["https", judgeScheme("https://app.example.com").state, "ok"],
  ["http on loopback", judgeScheme("http://localhost:3000").state, "ok"],
  ["http on the network", judgeScheme("http://app.example.com").state, "fail"],
  ["http on a name that only begins like loopback", judgeScheme("http://localhost.evil.com").state, "fail"],
  ["a clock that is right", judgeClock("it", 0.6).state, "ok"],
  ["a clock that is nearly too late", judgeClock("it", -8).state, "warn"],
  ["a clock that is too late", judgeClock("it", -11).state, "fail"],
  ["a clock that is too early", judgeClock("it", 11).state, "fail"],
  ["no clock", judgeClock("it", undefined).state, "skipped"],
  ["a cookie as it should be", cookies(sessionCookie), "ok"],
  ["a cookie on plain loopback", cookies("better-auth.session_token=; HttpOnly; SameSite=Lax", false), "ok"],
  ["a cookie without HttpOnly", cookies(sessionCookie.replace("; HttpOnly", "")), "fail"],
  ["a cookie without SameSite", cookies(sessionCookie.replace("; SameSite=Lax", "")), "fail"],
  ["a cookie for other sites", cookies(sessionCookie.replace("Lax", "None")), "fail"],
  ["a cookie without Secure", cookies(sessionCookie.replace("; Secure", "")), "fail"],
  ["a cookie without the prefix", cookies(sessionCookie.replace("__Secure-", "")), "fail"],
  ["no cookie to see", judgeCookies([], { secure: true, status: 403 }).state, "skipped"],
  ["all security headers", judgeHeaders(safe, { secure: false }).state, "ok"],
  ["https without HSTS", judgeHeaders(safe, { secure: true }).state, "fail"],
  [
    "no policy for scripts",
    judgeHeaders(without("content-security-policy"), { secure: false }).state,
    "fail",
  ],
  ["no nosniff", judgeHeaders(without("x-content-type-options"), { secure: false }).state, "fail"],
])("%s: %s", (_, state, expected) => expect(state).toBe(expected));

describe("a secret's strength", () => {
  it("takes what openssl draws, in base64 and in hex", () => {
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
  ])("warns of %s, without repeating it", (secret) => {
    const outcome = judgeStrength("JWT_SECRET_KEY", [secret]);
    expect(outcome.state).toBe("warn");
    expect(JSON.stringify(outcome)).not.toContain(secret);
  });
});

describe("the database's errors", () => {
  const networkError = (code: string) => Object.assign(new Error("fetch failed"), { code });
  test.each<[string, unknown, RegExp]>([
    ["a wrong password", new Error('password authentication failed for user "u"'), /user or the password/],
    ["its code alone", Object.assign(new Error("no"), { code: "28P01" }), /user or the password/],
    ["a wrong name", new Error('database "x" does not exist'), /no database of that name/],
    ["nobody there", networkError("ECONNREFUSED"), /refuses connections/],
    ["an unknown host", networkError("ENOTFOUND"), /host that does not exist/],
    [
      "the driver's own wrapping",
      Object.assign(new Error("Error connecting"), { sourceError: networkError("ENOTFOUND") }),
      /host that does not exist/,
    ],
  ])("%s", (_, error, expected) => expect(explain(error).reason).toMatch(expected));
});

test.each([
  ["CERT_HAS_EXPIRED", /certificate that has run out/, /^Renew/],
  ["ERR_TLS_CERT_ALTNAME_INVALID", /certificate for another name/, /made out for this name/],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", /leads to no authority/, /whole chain/],
  ["ENOTFOUND", /does not exist/, /Correct BACKEND_URL.*DNS/],
  ["ECONNREFUSED", /refuses connections/, /^Start FastAPI, or correct BACKEND_URL$/],
])("looks for the cause of a failed fetch: %s", (code, words, mend) => {
  const failed = new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code }) });
  expect(inWords(failed)).toMatch(words);
  const unreachable = new Unreachable("https://api.example.com/health", failed);
  const outcome = failWhenUnreachable(unreachable, "FastAPI", "BACKEND_URL");
  expect(outcome).toMatchObject({ state: "fail", findings: [{ mend: expect.stringMatching(mend) }] });
});

it("lets no secret, password or token out", () => {
  const hide = redactor({
    BETTER_AUTH_SECRET: "auth-secret-value",
    BETTER_AUTH_SECRETS: "2:new-auth-secret,1:old-auth-secret",
    JWT_SECRET_KEY: "first-key-value, second-key-value",
    DATABASE_URL: "postgresql://u:p%40ss-word@host/db",
  });
  const hidden = hide(
    "auth-secret-value old-auth-secret second-key-value p%40ss-word p@ss-word eyJhbGci.eyJzdWIi.c2ln https://user:pw@host/",
  );
  expect(hidden).toBe("*** *** *** *** *** *** https://***@host/");
  expect(hide("It looks like postgresql://user:password@host/database")).toContain("user:password@host");
});

it("is coloured only where that is asked for, and puts the mend below the line", () => {
  const lines = [
    { id: "config.x", title: "X", state: "fail", findings: [{ reason: "wrong", mend: "right" }] },
  ] as const;
  expect(asText(lines, { colour: false })).toMatch(/✗ X\n {6}wrong\n {6}→ right\n[\s\S]*1 to mend/);
  expect(asText(lines, { colour: false })).not.toContain("\x1b");
  expect(asText(lines, { colour: true })).toContain("\x1b[31m✗\x1b[0m X");
});

it("recognises a BACKEND_URL that leads to the app itself", async () => {
  const response = problemResponse("gate_signed_out", "id");
  const config = { keys: ["k"], issuer: "phase2-web", audience: "phase2-api", ttlSeconds: 300 };
  const { status, headers } = response;
  const refusal = { status, headers, text: await response.text(), ahead: 0 };
  const { reason, mend } = await diagnose(refusal, config, {
    varied: async () => refusal,
  } as unknown as Probe);
  expect(reason).toBe("BACKEND_URL is the address of a Gatehouse app, and not of FastAPI");
  expect(mend).toContain("BACKEND_URL");
});
