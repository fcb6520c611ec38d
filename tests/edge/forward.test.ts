import { describe, expect, it, test } from "vitest";
import { isDeceptivePath, judgeBody, upstreamHeaders, upstreamUrl } from "../../edge/forward";

const known = {
  token: "the.gates.token",
  requestId: "request-1",
  appOrigin: "https://app.example.com",
  origins: ["https://app.example.com", "https://other-name.example.com"],
  clientAddressHeader: undefined,
  isUpgrade: false,
};

const sent = (headers: Record<string, string>, more: Partial<Parameters<typeof upstreamHeaders>[1]> = {}) =>
  upstreamHeaders(new Headers(headers), { ...known, ...more });

describe("what is the gate's, or the platform's, never reaches the backend", () => {
  test.each([
    "cookie",
    "proxy-authorization",
    "proxy-connection",
    "access-control-request-method",
    "access-control-request-headers",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "via",
    "accept-encoding",
    "rsc",
    "next-action",
    "next-router-state-tree",
    "x-middleware-subrequest",
    "x-middleware-rewrite",
    "x-middleware-request-authorization",
    "x-nextjs-data",
    "x-invoke-path",
    "x-matched-path",
    "x-vercel-oidc-token",
    "x-vercel-forwarded-for",
    "x-vercel-ip-country",
    "x-now-route-matches",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-port",
    "x-forwarded-user",
    "x-forwarded-prefix",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "fly-client-ip",
    "x-original-url",
    "x-rewrite-url",
    "x-http-method-override",
    "x-user-id",
    "x-user",
    "x-remote-user",
    "remote-user",
    "x-auth-request-email",
    "x-authenticated-user",
    "x-webauth-user",
    "x-email",
    "x-groups",
    "x-roles",
    "x-jwt-payload",
    "x-consumer-username",
    "x-credential-identifier",
    "x-anonymous-consumer",
    "x-pomerium-jwt-assertion",
    "tailscale-user-login",
    "x-endpoint-api-userinfo",
    "x-amzn-oidc-data",
    "x-goog-iap-jwt-assertion",
    "x-ms-client-principal-name",
    "x-ssl-client-cert",
    "x-arr-clientcert",
    "x_user_id",
    "authorization_",
  ])("%s", (name) => {
    expect(sent({ [name]: "forged" }).has(name)).toBe(false);
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

test.each([
  ["accept", "application/json"],
  ["content-type", "application/json"],
  ["content-length", "12"],
  ["transfer-encoding", "chunked"],
  ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
  ["tracestate", "vendor=1"],
  ["if-none-match", '"etag"'],
  ["range", "bytes=0-9"],
  ["last-event-id", "7"],
  ["idempotency-key", "abc"],
  ["x-custom", "kept"],
  ["origin", "https://app.example.com"],
])("%s arrives as it was sent", (name, value) => {
  expect(sent({ [name]: value }).get(name)).toBe(value);
});

describe("Connection", () => {
  it("takes the headers that it names with it", () => {
    const headers = sent({ connection: "keep-alive, X-Internal", "x-internal": "1" });
    expect(headers.has("x-internal")).toBe(false);
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
      { connection: "Upgrade, x-internal", upgrade: "websocket", "sec-websocket-key": "k" },
      { isUpgrade: true },
    );
    expect(headers.get("connection")).toBe("Upgrade");
    expect(headers.get("upgrade")).toBe("websocket");
    expect(headers.get("sec-websocket-key")).toBe("k");
  });
});

test.each([
  ["/backend/a%2fb", true],
  ["/backend/a%2Fb", true],
  ["/backend/a%5cb", true],
  ["/backend/a\\b", true],
  ["/backend/a%00", true],
  ["/backend/../x", true],
  ["/backend/..", true],
  ["/backend/./x", true],
  ["/backend/%2e%2e/x", true],
  ["/backend/.%2E/x", true],
  ["/backend/%2e", true],
  ["/backend/a/..%2fx", true],
  ["/backend/a..b", false],
  ["/backend/.well-known/x", false],
  ["/backend/...", false],
  ["/backend/..;/x", false],
  ["/backend/a%20b", false],
  ["/backend/%252f", false],
  ["/backend/%C3%A9", false],
  ["/backend/", false],
])("%s is deceptive: %s", (path, deceptive) => {
  expect(isDeceptivePath(path)).toBe(deceptive);
});

test.each([
  ["https://api.example.com", "/backend/api/tasks", "?a=1", "https://api.example.com/api/tasks?a=1"],
  ["https://api.example.com", "/backend/api/tasks/", "", "https://api.example.com/api/tasks/"],
  ["https://api.example.com", "/backend", "", "https://api.example.com/"],
  ["https://api.example.com/v1", "/backend/x", "", "https://api.example.com/v1/x"],
  ["https://api.example.com", "/backend/@evil.example/", "", "https://api.example.com/@evil.example/"],
  ["https://api.example.com", "/backend//evil.example", "", "https://api.example.com//evil.example"],
  ["https://api.example.com", "/backend/a%20b", "?q=%2f", "https://api.example.com/a%20b?q=%2f"],
])("%s and %s%s make %s%s", (base, path, search, expected) => {
  const url = upstreamUrl(base, "/backend", path, search);
  expect(url).toBe(expected);
  expect(new URL(url).origin).toBe("https://api.example.com");
});

test.each([
  [{}, "fits"],
  [{ "content-length": "0" }, "fits"],
  [{ "content-length": "100" }, "fits"],
  [{ "content-length": "101" }, "too-large"],
  [{ "content-length": "many" }, "too-large"],
  [{ "content-length": "-1" }, "too-large"],
  [{ "content-length": "1e1" }, "too-large"],
  [{ "content-length": "0x10" }, "too-large"],
  [{ "transfer-encoding": "chunked" }, "unknown-length"],
  [{ "transfer-encoding": "chunked", "content-length": "5" }, "unknown-length"],
])("of at most 100 bytes, a body with %j is judged %s", (headers, verdict) => {
  expect(judgeBody(new Headers(headers as Record<string, string>), 100)).toBe(verdict);
});
