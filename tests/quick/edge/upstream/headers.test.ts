import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { buildUpstreamHeaders, type TrustedValues } from "../../../../edge/upstream/headers";
import { forwardedHeaders } from "../../../../lib/forwarded-headers";
import { forgedHeaders } from "../../../fixtures/forged-headers";

const FORWARDED: readonly string[] = Object.values(forwardedHeaders).flat();

const trusted: TrustedValues = {
  authorization: { from: "gate", token: "the.gates.token" },
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

test.each(forgedHeaders)("the header %s never reaches the backend as the client sent it", (name) => {
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

describe.each<TrustedValues["authorization"]>([{ from: "caller" }, { from: "nobody" }])(
  "with the Authorization from the %s",
  (authorization) => {
    it.each(forgedHeaders.filter((name) => name !== "authorization"))(
      "the header %s still never reaches the backend",
      (name) => {
        expect([...sent({ [name]: "forged" }, { authorization }).values()]).not.toContain("forged");
      },
    );
  },
);

describe("on an open path", () => {
  const authorization = { from: "caller" } as const;

  it("the caller's own Authorization arrives unchanged", () => {
    const headers = sent({ authorization: "Basic d2ViaG9vazpz" }, { authorization });
    expect(headers.get("authorization")).toBe("Basic d2ViaG9vazpz");
  });

  it("no Authorization arrives if the caller has none", () => {
    expect(sent({ cookie: "a=b" }, { authorization }).has("authorization")).toBe(false);
    expect(sent({ cookie: "a=b" }, { authorization }).has("cookie")).toBe(false);
  });

  it("an Authorization that Connection lists is for the gate only", () => {
    const headers = sent({ authorization: "Basic x", connection: "authorization" }, { authorization });
    expect(headers.has("authorization")).toBe(false);
  });
});

it("a caller without a session on an optional path reaches the backend without its Authorization", () => {
  const headers = sent({ authorization: "Bearer forged" }, { authorization: { from: "nobody" } });
  expect(headers.has("authorization")).toBe(false);
});

describe("the list of forwarded headers", () => {
  it("contains each name once", () => {
    expect(new Set(FORWARDED).size).toBe(FORWARDED.length);
  });

  it.each(FORWARDED)("has %s in lower case and without an underscore", (name) => {
    // CGI and WSGI read `x_user` and `x-user` as one name.
    expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
  });

  it("contains no name that a proxy, a platform or an identity header uses", () => {
    expect(FORWARDED.filter((name) => forgedHeaders.includes(name))).toEqual([]);
    const identity =
      /forwarded|client-(ip|cert|dn)|real-ip|user(?!-agent$|$)|remote|email|group|role|auth|jwt|consumer|cookie|proxy-/;
    expect(FORWARDED.filter((name) => identity.test(name)).sort()).toEqual([]);
  });
});

describe("the gate sets", () => {
  it("Authorization to its own token", () => {
    expect(sent({ authorization: "Bearer forged" }).get("authorization")).toBe("Bearer the.gates.token");
  });

  it("X-Request-ID to its own ID", () => {
    expect(sent({ "x-request-id": "forged" }).get("x-request-id")).toBe("request-1");
  });

  it("Host and X-Forwarded-* to the scheme and host that browsers use", () => {
    const headers = sent({
      host: "evil.example",
      "x-forwarded-proto": "gopher",
      "x-forwarded-host": "evil.example",
    });
    expect(headers.get("x-forwarded-proto")).toBe("https");
    expect(headers.get("x-forwarded-host")).toBe("app.example.com");
    expect(headers.get("host")).toBe("app.example.com");
  });

  it("X-Forwarded-For to the address that the platform has written", () => {
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
])("the origin %s reaches the backend: %s", (origin, reaches) => {
  expect(sent({ origin }).get("origin")).toBe(reaches ? origin : undefined);
});

test.each(FORWARDED.filter((name) => name !== "origin" && !name.startsWith("trace")))(
  "the header %s arrives unchanged",
  (name) => {
    expect(sent({ [name]: 'a; b, c="d"' }).get(name)).toBe('a; b, c="d"');
  },
);

test.each([
  ["origin", "https://app.example.com"],
  ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
  ["tracestate", "vendor=1"],
])("a valid %s arrives unchanged", (name, value) => {
  expect(sent({ [name]: value }).get(name)).toBe(value);
});

describe("the Connection header", () => {
  it("removes the headers that it lists, and itself", () => {
    const headers = sent({ connection: "keep-alive, X-Version", "x-version": "1" });
    expect(headers.has("x-version")).toBe(false);
    expect(headers.has("connection")).toBe(false);
  });

  it.each(["content-length", "transfer-encoding"])("does not remove %s, which frames the body", (name) => {
    expect(sent({ connection: `close, ${name}`, [name]: "5" }).get(name)).toBe("5");
  });

  it("does not remove the headers that the gate sets", () => {
    const headers = sent({ connection: "authorization, x-request-id" });
    expect(headers.get("authorization")).toBe("Bearer the.gates.token");
    expect(headers.get("x-request-id")).toBe("request-1");
  });

  it("is set by the gate for a WebSocket", () => {
    const headers = sent(
      { connection: "Upgrade, x-version", upgrade: "websocket", "sec-websocket-key": "k" },
      { isUpgrade: true },
    );
    expect(headers.get("connection")).toBe("Upgrade");
    expect(headers.get("upgrade")).toBe("websocket");
    expect(headers.get("sec-websocket-key")).toBe("k");
  });
});
