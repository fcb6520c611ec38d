import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { buildUpstreamHeaders, type TrustedValues } from "../../../../edge/upstream/headers";
import { forwardedHeaders } from "../../../../lib/forwarded-headers";
import { forgedHeaders } from "../../../fixtures/forged-headers";

const FORWARDED: readonly string[] = Object.values(forwardedHeaders).flat();

const trusted = {
  token: "the.gates.token",
  requestId: "request-1",
  appOrigin: "https://app.example.com",
  origins: ["https://app.example.com", "https://other-name.example.com"],
  clientAddressHeader: undefined,
  isUpgrade: false,
};

const sent = (headers: Record<string, string>, more: Partial<TrustedValues> = {}) =>
  buildUpstreamHeaders(new Headers(headers), { ...trusted, ...more });

/** Headers that the gate sets itself. */
const OWN = ["authorization", "host", "x-request-id", "x-forwarded-proto", "x-forwarded-host"];

test.each(forgedHeaders)("%s never reaches the backend as the client sent it", (name) => {
  expect([...sent({ [name]: "forged" }).values()]).not.toContain("forged");
});

test("a header that is on no list does not reach the backend", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9!#$%&'*+.^`|~_-]{1,24}$/), (name) => {
      const arrived = [...sent({ [name]: "value" }).keys()].filter((key) => !OWN.includes(key));
      expect(arrived.every((key) => FORWARDED.includes(key))).toBe(true);
    }),
  );
});

describe("the list of forwarded headers", () => {
  it("holds each name once", () => {
    expect(new Set(FORWARDED).size).toBe(FORWARDED.length);
  });

  it.each(FORWARDED)("%s is written in lower case and without an underscore", (name) => {
    // CGI and WSGI read `x_user` and `x-user` as one name.
    expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
  });

  it("holds no name that speaks for a proxy, a platform or a person", () => {
    expect(FORWARDED.filter((name) => forgedHeaders.includes(name))).toEqual([]);
    const identity =
      /forwarded|client-(ip|cert|dn)|real-ip|user(?!-agent$|$)|remote|email|group|role|auth|jwt|consumer|cookie|proxy-/;
    expect(FORWARDED.filter((name) => identity.test(name)).sort()).toEqual([]);
  });
});

describe("what the gate says in place of the client", () => {
  it("is the token, whatever the client sent", () => {
    expect(sent({ authorization: "Bearer forged" }).get("authorization")).toBe("Bearer the.gates.token");
  });

  it("is the request id", () => {
    expect(sent({ "x-request-id": "forged" }).get("x-request-id")).toBe("request-1");
  });

  it("is the scheme and host that browsers see", () => {
    const headers = sent({
      host: "evil.example",
      "x-forwarded-proto": "gopher",
      "x-forwarded-host": "evil.example",
    });
    expect(headers.get("x-forwarded-proto")).toBe("https");
    expect(headers.get("x-forwarded-host")).toBe("app.example.com");
    expect(headers.get("host")).toBe("app.example.com");
  });

  it("is the client's address where the platform writes it", () => {
    const headers = sent(
      { "x-vercel-forwarded-for": "203.0.113.7", "x-forwarded-for": "6.6.6.6" },
      { clientAddressHeader: "x-vercel-forwarded-for" },
    );
    expect(headers.get("x-forwarded-for")).toBe("203.0.113.7");
  });
});

test.each([
  ["https://app.example.com", true],
  ["https://other-name.example.com", true],
  ["https://evil.example", false],
  ["null", false],
])("the origin %s is told to the backend: %s", (origin, told) => {
  expect(sent({ origin }).get("origin")).toBe(told ? origin : undefined);
});

test.each(FORWARDED.filter((name) => name !== "origin" && !name.startsWith("trace")))(
  "%s arrives as it was sent",
  (name) => {
    expect(sent({ [name]: 'a; b, c="d"' }).get(name)).toBe('a; b, c="d"');
  },
);

test.each([
  ["origin", "https://app.example.com"],
  ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
  ["tracestate", "vendor=1"],
])("%s arrives as it was sent, where it is valid", (name, value) => {
  expect(sent({ [name]: value }).get(name)).toBe(value);
});

describe("Connection", () => {
  it("takes the headers that it names with it", () => {
    const headers = sent({ connection: "keep-alive, X-Version", "x-version": "1" });
    expect(headers.has("x-version")).toBe(false);
    expect(headers.has("connection")).toBe(false);
  });

  it.each(["content-length", "transfer-encoding"])("cannot take %s away, which frames the body", (name) => {
    expect(sent({ connection: `close, ${name}`, [name]: "5" }).get(name)).toBe("5");
  });

  it("cannot take the gate's own headers away", () => {
    const headers = sent({ connection: "authorization, x-request-id" });
    expect(headers.get("authorization")).toBe("Bearer the.gates.token");
    expect(headers.get("x-request-id")).toBe("request-1");
  });

  it("is set anew for a WebSocket", () => {
    const headers = sent(
      { connection: "Upgrade, x-version", upgrade: "websocket", "sec-websocket-key": "k" },
      { isUpgrade: true },
    );
    expect(headers.get("connection")).toBe("Upgrade");
    expect(headers.get("upgrade")).toBe("websocket");
    expect(headers.get("sec-websocket-key")).toBe("k");
  });
});
