import { request as httpRequest } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { forwardedHeaders } from "../../lib/forwarded-headers";
import { type App, startApp } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { type Arrived, startEchoUpstream } from "../fixtures/echo-upstream";
import { forgedHeaders } from "../fixtures/forged-headers";
import { sendRaw } from "../fixtures/raw-http";

/** What the backend receives of requests that the tests write byte by byte. */

describe.each(["rewrite", "relay"])("forwarding by %s", (forwarding) => {
  let app: App;
  let echo: Awaited<ReturnType<typeof startEchoUpstream>>;
  let cookie: string;
  let host: string;

  beforeAll(async () => {
    echo = await startEchoUpstream();
    app = await startApp({ BACKEND_URL: echo.url, BACKEND_FORWARD: forwarding, MAX_BODY_MB: "1" });
    const member = new Visitor(app.origin);
    await member.signUp("ada@example.com");
    cookie = member.cookieHeader;
    host = new URL(app.origin).host;
  });
  afterAll(async () => {
    await app?.stop();
    await echo?.stop();
  });
  beforeEach(() => {
    echo.arrived.length = 0;
  });

  const send = (requestLine: string, headers: string[] = [], body = "") =>
    sendRaw(
      app.origin,
      [`${requestLine} HTTP/1.1`, `Host: ${host}`, `Cookie: ${cookie}`, "Connection: close", ...headers],
      body,
    );

  async function arrivedFor(...headers: string[]): Promise<Arrived> {
    const { status } = await send("GET /backend/x", headers);
    expect(status).toBe(200);
    expect(echo.arrived).toHaveLength(1);
    return echo.arrived[0] as Arrived;
  }

  describe("a forged header", () => {
    // Without the headers that Node itself responds to (`Expect`: 417) or the gate refuses
    // (`Service-Worker`), and without `Connection`, which has its own tests.
    const names = forgedHeaders.filter((name) => !["expect", "connection", "service-worker"].includes(name));
    let reached: string;
    beforeAll(async () => {
      // Node accepts 16 kB of headers per request, so the names are sent in groups.
      const all: Arrived["headers"][] = [];
      for (let i = 0; i < names.length; i += 50) {
        echo.arrived.length = 0;
        const some = names.slice(i, i + 50);
        all.push((await arrivedFor(...some.map((name) => `${name}: forged-${name}.`))).headers);
      }
      reached = JSON.stringify(all);
    });

    test.each(names)("%s does not reach the backend", (name) => {
      expect(reached).not.toContain(`forged-${name}.`);
    });

    it("with any other name does not reach the backend", async () => {
      const excluded = [...Object.values(forwardedHeaders).flat(), "connection", "expect", "host"];
      const name = fc
        .stringMatching(/^[a-z][a-z0-9!#$%&'*+.^`|~_-]{0,24}$/)
        .filter((name) => !excluded.includes(name) && name !== "service-worker");
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(name, { minLength: 30, maxLength: 30 }), async (names) => {
          echo.arrived.length = 0;
          const { headers } = await arrivedFor(...names.map((name) => `${name}: forged`));
          expect(JSON.stringify(headers)).not.toContain("forged");
        }),
        { numRuns: 10 },
      );
    });

    it("Expect gets 417 from Node and does not reach the backend", async () => {
      expect((await send("GET /backend/x", ["Expect: forged"])).status).toBe(417);
      expect(echo.arrived).toEqual([]);
    });

    it("Authorization is replaced", async () => {
      const { headers } = await arrivedFor("Authorization: Bearer forged");
      expect(headers.authorization).toHaveLength(1);
      expect(headers.authorization?.[0]).toMatch(/^Bearer eyJ/);
    });

    it("X-Request-Id is replaced", async () => {
      expect((await arrivedFor("X-Request-Id: forged")).headers["x-request-id"]?.[0]).toMatch(
        /^[0-9a-f-]{36}$/,
      );
    });

    it("RSC does not reach the backend, although Next adds it again", async () => {
      expect((await arrivedFor("RSC: 1")).headers.rsc).toBeUndefined();
    });

    it("that Connection names does not reach the backend", async () => {
      const { status } = await sendRaw(app.origin, [
        "GET /backend/x HTTP/1.1",
        `Host: ${host}`,
        `Cookie: ${cookie}`,
        "Connection: close, X-Version",
        "X-Version: forged",
      ]);
      expect(status).toBe(200);
      expect(JSON.stringify(echo.arrived)).not.toContain("forged");
    });
  });

  it("every header of lib/forwarded-headers.ts arrives byte for byte", async () => {
    // Framing headers and those of a WebSocket have their own tests. The gate checks the values of
    // the headers below, so they must be valid.
    const values: Record<string, string> = {
      origin: app.origin,
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "sec-fetch-site": "same-origin",
      "sec-fetch-dest": "empty",
      "sec-fetch-mode": "cors",
    };
    const { framing, webSocket, ...others } = forwardedHeaders;
    for (const names of Object.values<readonly string[]>(others)) {
      if (names.length === 0) continue;
      const sent = names.map((name) => [name, values[name] ?? `v1; a="${name}", b=%2F+~`]);
      echo.arrived.length = 0;
      const { headers } = await arrivedFor(...sent.map(([name, value]) => `${name}: ${value}`));
      expect(Object.fromEntries(sent.map(([name = ""]) => [name, headers[name]?.join("|")]))).toEqual(
        Object.fromEntries(sent),
      );
    }
  });

  describe("a path", () => {
    test.each([
      ["/backend/api/tasks", "/api/tasks"],
      ["/backend/api/tasks/", "/api/tasks/"],
      ["/backend", "/"],
      ["/backend/", "/"],
      ["/backend/a%20b/%C3%A9", "/a%20b/%C3%A9"],
      ["/backend/x.json", "/x.json"],
      ["/backend/%252f", "/%252f"],
      ["/backend/a..b/.well-known", "/a..b/.well-known"],
      ["/backend/@evil.example/", "/@evil.example/"],
      ["/backend/http:/evil.example", "/http:/evil.example"],
      ["/backend/x?a=1&b=2", "/x?a=1&b=2"],
    ])("%s arrives as %s", async (path, arrived) => {
      expect((await send(`GET ${path}`)).status).toBe(200);
      expect(echo.arrived.map(({ url }) => url)).toEqual([arrived]);
    });

    test.each([
      "/backend/a%2fb",
      "/backend/a%2Fb",
      "/backend/a%5cb",
      "/backend/%00",
      "/backend/..%2fadmin",
      "/backend/a/..%5cb",
    ])("%s is refused", async (path) => {
      expect((await send(`GET ${path}`)).status).toBe(400);
      expect(echo.arrived).toEqual([]);
    });

    test.each(["/backend/../nowhere", "/backend/%2e%2e/nowhere", "/backend/x/../../nowhere"])(
      "%s is normalized to a path outside the prefix and does not reach the backend",
      async (path) => {
        await send(`GET ${path}`);
        expect(echo.arrived).toEqual([]);
      },
    );

    // RFC 9112 §3.2.2. Next reads the address as a path with two slashes in a row, and redirects
    // the client.
    test.each([
      ["a foreign host", () => "http://evil.example/backend/x"],
      ["our host", () => `${app.origin}/backend/x`],
    ])("in absolute form with %s does not reach the backend", async (_, address) => {
      const { status } = await send(`GET ${address()}`);
      expect(status).toBe(308);
      expect(echo.arrived).toEqual([]);
    });
  });

  describe("a foreign Host header", () => {
    it("does not reach the backend in any header", async () => {
      const { status } = await sendRaw(app.origin, [
        "GET /backend/x HTTP/1.1",
        "Host: evil.example",
        `Cookie: ${cookie}`,
        "Connection: close",
      ]);
      expect(status).toBe(200);
      expect(echo.arrived).toHaveLength(1);
      const headers = echo.arrived[0]?.headers ?? {};
      expect(headers["x-forwarded-host"]).toEqual([host]);
      expect(JSON.stringify(headers)).not.toContain("evil.example");
    });
  });

  describe("a body", () => {
    test.each(["GET", "HEAD", "DELETE", "OPTIONS", "POST", "PUT", "PATCH"])(
      "of a %s request is not read as a second request",
      async (method) => {
        const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
        const { status } = await send(
          `${method} /backend/x`,
          [`Content-Length: ${smuggled.length}`],
          smuggled,
        );
        expect(status).toBe(200);
        expect(echo.arrived.map(({ method, url }) => `${method} ${url}`)).toEqual([`${method} /x`]);
      },
    );

    it("arrives intact up to the limit", async () => {
      const body = "x".repeat(1024 * 1024);
      const { status } = await send("POST /backend/x", [`Content-Length: ${body.length}`], body);
      expect(status).toBe(200);
      expect(echo.arrived[0]?.body.length).toBe(body.length);
    });

    it("over the limit is refused before a byte is forwarded", async () => {
      // Next sends the middleware's response only after it has read the whole body.
      const large = "x".repeat(1024 * 1024 + 1);
      const { status, body } = await send("POST /backend/x", [`Content-Length: ${large.length}`], large);
      expect(status).toBe(413);
      expect(JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1)).code).toBe(
        "gate_body_too_large",
      );
      expect(echo.arrived).toEqual([]);
    });

    it("of unknown length is refused", async () => {
      const { status } = await send("POST /backend/x", ["Transfer-Encoding: chunked"], "1\r\nx\r\n0\r\n\r\n");
      expect(status).toBe(411);
      expect(echo.arrived).toEqual([]);
    });

    it("with two lengths is refused", async () => {
      const { status } = await send(
        "POST /backend/x",
        ["Content-Length: 6", "Transfer-Encoding: chunked"],
        "0\r\n\r\nX",
      );
      expect(status).toBe(400);
      expect(echo.arrived).toEqual([]);
    });
  });

  describe("a WebSocket", () => {
    const handshake = (headers: string[]) =>
      sendRaw(app.origin, [
        "GET /backend/ws HTTP/1.1",
        `Host: ${host}`,
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ...headers,
      ]);

    it("from our page is forwarded with the JWT and without the cookie", async () => {
      const { status } = await handshake([`Cookie: ${cookie}`, `Origin: ${app.origin}`]);
      expect(status).toBe(101);
      const [arrived] = echo.arrived;
      expect(arrived?.url).toBe("/ws");
      expect(arrived?.headers.authorization?.[0]).toMatch(/^Bearer eyJ/);
      expect(arrived?.headers.cookie).toBeUndefined();
    });

    test.each([
      ["a client without a session", () => [`Origin: ${app.origin}`]],
      ["another site", () => [`Cookie: ${cookie}`, "Origin: https://evil.example"]],
      ["a sandboxed frame", () => [`Cookie: ${cookie}`, "Origin: null"]],
    ])("from %s is closed at once", async (_, headers) => {
      const closed = await new Promise<boolean>((resolve, reject) => {
        const request = httpRequest(`${app.origin}/backend/ws`, {
          headers: {
            connection: "Upgrade",
            upgrade: "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
            ...Object.fromEntries(headers().map((line) => line.split(": "))),
          },
          timeout: 5_000,
        });
        request.on("upgrade", () => reject(new Error("upgraded")));
        request.on("timeout", () => resolve(false));
        request.on("response", () => resolve(true));
        request.on("error", () => resolve(true));
        request.end();
      });
      expect(closed).toBe(true);
      expect(echo.arrived).toEqual([]);
    });
  });

  it("a rewrite sets no cookie and does not show the JWT to the browser", async () => {
    const { headers } = await send("GET /backend/x");
    expect(headers.get("set-cookie")).toBeNull();
    expect(JSON.stringify([...headers])).not.toMatch(/eyJ/);
  });
});
