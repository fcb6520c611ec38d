import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { type App, startApp } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { startEchoUpstream } from "../fixtures/echo-upstream";

/**
 * Attack: a client opens many upgrades and never closes them. Node takes such a socket out of its
 * HTTP server, and none of the server's timeouts applies to it any more. Defence: every upgrade
 * that is not forwarded is closed at once.
 */

/** Milliseconds. Closing takes only a few of them; the rest is a margin for a busy machine. */
const CLOSED_WITHIN = 10_000;
const WEBSOCKET = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

describe.each(["rewrite", "relay"])("with BACKEND_FORWARD=%s", (forwarding) => {
  let app: App;
  let echo: Awaited<ReturnType<typeof startEchoUpstream>>;
  let member: Visitor;

  beforeAll(async () => {
    echo = await startEchoUpstream();
    app = await startApp({ BACKEND_URL: echo.url, BACKEND_FORWARD: forwarding });
    member = new Visitor(app.origin);
    await member.signUp("ada@example.com");
  });
  afterAll(async () => {
    await app?.stop();
    await echo?.stop();
  });
  beforeEach(() => {
    echo.arrived.length = 0;
  });

  /**
   * Sends these bytes, and closes nothing after the server's FIN, as a client that wants to hold
   * the socket. Resolves with what the server sent, and with the state of the connection when it
   * closed or when this test stopped waiting.
   */
  function hold(bytes: string): Promise<{ state: "closed" | "open" | "half open"; received: string }> {
    const { hostname, port } = new URL(app.origin);
    return new Promise((resolve) => {
      let received = "";
      let state: "closed" | "open" | "half open" = "closed";
      const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
      const giveUp = (how: "open" | "half open") => {
        state = how;
        socket.destroy();
      };
      let timer = setTimeout(giveUp, CLOSED_WITHIN, "open");
      let writing: NodeJS.Timeout | undefined;
      socket.on("data", (chunk) => {
        received += chunk.toString("latin1");
      });
      socket.on("end", () => {
        clearTimeout(timer);
        timer = setTimeout(giveUp, CLOSED_WITHIN, "half open");
        // A socket that the server has destroyed responds to these bytes with a reset.
        writing = setInterval(() => socket.write("x"), 100);
      });
      // The reset arrives as ECONNRESET or EPIPE.
      socket.on("error", () => {});
      socket.on("close", () => {
        clearTimeout(timer);
        clearInterval(writing);
        resolve({ state, received });
      });
      socket.write(bytes, "latin1");
    });
  }

  /**
   * Sends these requests at the same time. Returns those whose sockets the server did not close.
   */
  async function leftOpen(requests: Record<string, string>): Promise<string[]> {
    const held = await Promise.all(
      Object.entries(requests).map(async ([name, bytes]) => ({ name, ...(await hold(bytes)) })),
    );
    return held.filter(({ state }) => state !== "closed").map(({ name, state }) => `${name}: ${state}`);
  }

  const request = (line: string, headers: readonly string[], version = "1.1") =>
    `${line} HTTP/${version}\r\n${[`Host: ${new URL(app.origin).host}`, ...headers].join("\r\n")}\r\n\r\n`;

  const who = {
    "a guest": () => [],
    "a member": () => [
      `Cookie: better-auth.session_token=${member.cookies.get("better-auth.session_token")}`,
      `Origin: ${app.origin}`,
    ],
  };

  const paths = [
    "/",
    "/login",
    "/device",
    "/nope",
    "/nope.txt",
    "/api/nope",
    "/api/health",
    "/api/auth/get-session",
    "/_next/static/x",
    "/_next/static/chunks/x.js",
    "/_next/image",
    "/_next/image?url=%2Ficon.svg&w=64&q=75",
    "/_next/webpack-hmr",
    "/_next/hmr",
    "/_next/data/x/backend/ws.json",
    "/favicon.ico",
    "/icon.svg",
    "/robots.txt",
    "//",
    "//backend/ws",
    "/backend//ws",
    "/backend\\ws",
    "/backend/../nope",
    "/backend/%2e%2e/nope",
    "/backend/a%2fb",
    "/backend/../_next/static/x",
    "/Backend/ws",
    "/backendx",
    "/%62ackend/ws",
    "/%zz",
    "*",
    "?",
    "http://evil.example/backend/ws",
    "http:///",
    "http://[",
    `/${"x".repeat(8_000)}`,
  ];

  describe.each(Object.entries(who))("from %s", (_, credentials) => {
    test("a WebSocket to a path outside the backend's prefix is closed and not forwarded", async () => {
      const all = paths.map((path) => [path, request(`GET ${path}`, [...WEBSOCKET, ...credentials()])]);
      expect(await leftOpen(Object.fromEntries(all))).toEqual([]);
      expect(echo.arrived).toEqual([]);
    });

    test("an upgrade to another protocol or with another method is closed and not forwarded", async () => {
      const all = ["/backend/ws", "/backend", "/nope", "/_next/static/x"].flatMap((path) =>
        [
          ["GET", "foo"],
          ["GET", "h2c"],
          ["GET", "TLS/1.0"],
          ["GET", "websocket, foo"],
          ["GET", "websocket/13"],
          ["POST", "websocket"],
          ["HEAD", "websocket"],
          ["OPTIONS", "websocket"],
          ["PROPFIND", "websocket"],
          ["TRACE", "websocket"],
          ["CONNECT", "websocket"],
        ].map(([method, protocol]) => {
          const headers = ["Connection: Upgrade", `Upgrade: ${protocol}`, "Sec-Fetch-Site: same-origin"];
          return [
            `${method} ${path} ${protocol}`,
            request(`${method} ${path}`, [...headers, "Content-Length: 0", ...credentials()]),
          ];
        }),
      );
      expect(await leftOpen(Object.fromEntries(all))).toEqual([]);
      expect(echo.arrived).toEqual([]);
    });

    test("an upgrade is closed in every notation of its headers", async () => {
      const spellings = [
        ["Connection: upgrade", "Upgrade: x"],
        ["connection:UPGRADE", "uPGRADE:x"],
        ["Connection: keep-alive, Upgrade", "Upgrade: x"],
        ["Connection: close, upgrade", "Upgrade: x"],
        ["Connection: keep-alive", "Connection: Upgrade", "Upgrade: x"],
        ["Upgrade: x", "Connection: ,upgrade,"],
        ["Upgrade: x", "Upgrade: websocket", "Connection: Upgrade"],
        ["Connection: Upgrade", "Upgrade: x", "Content-Length: 1000"],
        ["Connection: Upgrade", "Upgrade: x", "Transfer-Encoding: chunked"],
        ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"],
      ];
      const all = ["/_next/static/x", "/backend/ws", "/"].flatMap((path) =>
        ["1.0", "1.1"].flatMap((version) =>
          spellings.map((headers) => [
            `${path} HTTP/${version} ${headers.join("; ")}`,
            request(`GET ${path}`, [...headers, ...credentials()], version),
          ]),
        ),
      );
      expect(await leftOpen(Object.fromEntries(all))).toEqual([]);
    });

    test("bytes after the handshake, or a request before it, do not keep the socket open", async () => {
      const upgrade = request("GET /nope", [...WEBSOCKET, ...credentials()]);
      const first = request("GET /api/health", credentials());
      const all = {
        "a second handshake": upgrade + upgrade,
        "100 kB": upgrade + "x".repeat(100_000),
        "a request before it": first + upgrade,
      };
      expect(await leftOpen(all)).toEqual([]);
    });
  });

  it("a refused upgrade gets a problem document with a request id", async () => {
    const { received } = await hold(request("GET /nope", WEBSOCKET));
    expect(received).toMatch(/^HTTP\/1\.1 400 /);
    expect(received).toMatch(/\r\nconnection: close\r\n/i);
    const [head = "", body = ""] = received.split("\r\n\r\n");
    const problem = JSON.parse(body);
    expect(problem.code).toBe("gate_not_websocket");
    expect(head.toLowerCase()).toContain(`\r\nx-request-id: ${problem.request_id}`);
  });

  it("a WebSocket of a visitor with a session is forwarded to the backend", async () => {
    const { received } = await hold(request("GET /backend/ws?a=1", [...WEBSOCKET, ...who["a member"]()]));
    expect(received).toMatch(/^HTTP\/1\.1 101 /);
    expect(echo.arrived.map(({ url }) => url)).toEqual(["/ws?a=1"]);
  });

  test.each([
    ["403", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"],
    ["404 with a body", "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello"],
  ])("a WebSocket that the backend refuses with %s is closed", async (_, response) => {
    echo.refuseUpgradesWith(response);
    try {
      const { state, received } = await hold(
        request("GET /backend/ws", [...WEBSOCKET, ...who["a member"]()]),
      );
      expect(received).toContain(response.slice(0, 12));
      expect(state).toBe("closed");
    } finally {
      echo.refuseUpgradesWith(undefined);
    }
  });

  it("a request with `Connection: upgrade` and no Upgrade header, as nginx sends it, is an ordinary request", async () => {
    const { received } = await hold(
      request("GET /backend/x", ["Connection: upgrade", "Connection: close", ...who["a member"]()]),
    );
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
    expect(echo.arrived.map(({ url }) => url)).toEqual(["/x"]);
  });
});
