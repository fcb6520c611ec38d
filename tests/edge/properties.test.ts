import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classify } from "../../edge/classify";
import { readSessionCookies, sessionCookieNames } from "../../edge/cookies";
import { isCrossSite } from "../../edge/cross-site";
import { decide } from "../../edge/decide";
import { isDeceptivePath, judgeBody, upstreamHeaders, upstreamUrl } from "../../edge/forward";
import { createGate } from "../../edge/gate";
import { gateEnv } from "../support/gate";

/** `npm run fuzz` asks for a million. */
const numRuns = Number(process.env.FUZZ_RUNS ?? 10_000);

const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
const segment = fc.oneof(
  fc.constantFrom(
    "backend",
    "Backend",
    "api",
    "auth",
    "login",
    "..",
    ".",
    "%2e%2e",
    "%2f",
    "%5c",
    "%00",
    "%",
    "",
    "//",
    "@evil.example",
    ":80",
    "x.rsc",
    "_next",
    "data",
  ),
  fc.string({ maxLength: 8 }).map(encodeURIComponent),
);
const path = fc.array(segment, { maxLength: 6 }).map((segments) => `/${segments.join("/")}`);
const search = fc.oneof(
  fc.constant(""),
  fc.webQueryParameters().map((query) => `?${query}`),
  fc.constant("?next=//evil.example"),
);

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9a-z-]{1,20}$/);
const value = fc.stringMatching(/^[\x21-\x7e]{0,30}$/);
const named = fc.constantFrom(
  "cookie",
  "authorization",
  "connection",
  "upgrade",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-real-ip",
  "forwarded",
  "x_user",
  "x-user-id",
  "x-middleware-rewrite",
  "x-middleware-subrequest",
  "x-vercel-oidc-token",
  "x-nextjs-data",
  "proxy-authorization",
  "te",
  "next-action",
  "rsc",
  "sec-fetch-site",
  "sec-fetch-mode",
  "sec-fetch-dest",
  "origin",
  "accept",
  "content-length",
  "transfer-encoding",
  "x-request-id",
  "traceparent",
  "accept-encoding",
);
const headers = fc.array(fc.tuple(fc.oneof(named, token), value), { maxLength: 12 }).map((pairs) => {
  const all = new Headers();
  for (const [name, text] of pairs) all.append(name, text);
  return all;
});

const FORBIDDEN =
  /^(cookie2?|keep-alive|te|trailer|expect|via|forwarded|x-real-ip|x-client-ip|true-client-ip|rsc|next-action|accept-encoding|.*_.*|proxy-.*|x-middleware-.*|x-nextjs-.*|x-vercel-.*|x-user.*|x-auth.*|x-remote-.*|remote-.*|x-original-.*|cf-.*)$/;

describe("whatever is sent", () => {
  it("is classified, judged and decided without an error, and forwarded only with a session", () => {
    fc.assert(
      fc.property(
        method,
        path,
        headers,
        fc.constantFrom("active", "none", "unreachable"),
        (verb, pathname, sent, session) => {
          const classified = classify(verb, pathname, sent);
          const changes = !classified.safe || classified.wants === "upgrade";
          const decision = decide({
            ...classified,
            session: session as "active",
            crossSite: isCrossSite(sent, changes, ["https://app.example.com"]),
            deceptivePath: isDeceptivePath(pathname),
            body: judgeBody(sent, 1000),
          });
          if (decision.do === "forward") {
            expect(session).toBe("active");
            expect(pathname.startsWith("/backend")).toBe(true);
            expect(pathname).not.toMatch(/%2f|%5c|%00|\\/i);
          }
        },
      ),
      { numRuns },
    );
  });

  it("leaves no header of the drop list in what the backend sees", () => {
    fc.assert(
      fc.property(headers, fc.boolean(), (sent, isUpgrade) => {
        const known = {
          token: "t.o.k",
          requestId: "id",
          appOrigin: "https://app.example.com",
          origins: ["https://app.example.com"],
          clientAddressHeader: undefined,
          isUpgrade,
        };
        const seen = upstreamHeaders(sent, known);
        expect([...seen.keys()].filter((name) => FORBIDDEN.test(name))).toEqual([]);
        expect(seen.get("authorization")).toBe("Bearer t.o.k");
        expect(seen.get("x-request-id")).toBe("id");
        expect(seen.get("x-forwarded-host")).toBe("app.example.com");
        expect(seen.has("x-forwarded-for")).toBe(false);
        expect(seen.has("connection")).toBe(isUpgrade);
        // These two frame the body: whatever else happens, they arrive.
        for (const name of ["content-length", "transfer-encoding"])
          expect(seen.get(name)?.trim()).toBe(sent.get(name)?.trim());
      }),
      { numRuns },
    );
  });

  it("goes to the configured origin", () => {
    fc.assert(
      fc.property(path, search, (pathname, query) => {
        const target = upstreamUrl("https://api.example.com", "/backend", `/backend${pathname}`, query);
        expect(new URL(target).origin).toBe("https://api.example.com");
      }),
      { numRuns },
    );
  });

  it("as a Cookie header is read without an error, and never longer than it is", () => {
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

  it("reaches no backend without a session, through the whole gate", async () => {
    const faults: object[] = [];
    const gate = createGate(gateEnv("https://app.example.com"), {
      fetch,
      askStore: () => Promise.reject(new Error("a forged cookie has reached the store")),
      now: () => 0,
      startTimer: () => () => {},
      randomId: () => "id",
      log: (entry) => faults.push(...(entry.error === undefined ? [] : [entry])),
    });
    const cookie = fc.oneof(
      fc.constant(""),
      fc
        .stringMatching(/^[A-Za-z0-9%.+/=]{0,60}$/)
        .map((text) => `__Secure-better-auth.session_token=${text}`),
    );
    await fc.assert(
      fc.asyncProperty(
        method,
        path,
        search,
        headers,
        cookie,
        async (verb, pathname, query, sent, session) => {
          const init = { method: verb, headers: new Headers(sent) };
          if (session) init.headers.set("cookie", session);
          const response = await gate(new Request(`https://app.example.com${pathname}${query}`, init));
          // A rewrite is how the gate forwards; a refused WebSocket is rewritten to a page of ours.
          const rewrite = response.headers.get("x-middleware-rewrite");
          if (rewrite) expect(new URL(rewrite).origin).toBe("https://app.example.com");
          const location = response.headers.get("location");
          if (location)
            expect(new URL(location, "https://app.example.com").origin).toBe("https://app.example.com");
        },
      ),
      { numRuns },
    );
    expect(faults).toEqual([]);
  }, 3_600_000);
});
