import { mkdtempSync, readFileSync } from "node:fs";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { launchBrowser } from "../../scripts/lib/chromium";
import { type App, startApp } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { type RawResponse, sendRaw } from "../fixtures/raw-http";

/**
 * Checks docs/limits-of-next.md, line by line, against `next start`. If a test fails after an
 * upgrade of Next, a limit has changed or is gone: update the page too.
 */

/** A backend that sends exactly these bytes, and records the first line of each request. */
let backend: Server;
let arrived: string[] = [];
/** The same requests with their headers. */
let heads: string[] = [];
let respond: (path: string) => string | undefined = () => undefined;
const sockets = new Set<Socket>();

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

beforeAll(async () => {
  backend = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    let head = "";
    socket.on("data", (chunk) => {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      const line = head.split("\r\n")[0] ?? "";
      heads.push(head);
      head = "";
      arrived.push(line);
      const response = respond(line.split(" ")[1] ?? "");
      if (response === "") socket.pause();
      else socket.write(response ?? OK, "latin1");
    });
  });
  await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
});
beforeEach(() => {
  arrived = [];
  heads = [];
  respond = () => undefined;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  backend.close();
});

describe.each(["rewrite", "relay"] as const)("forwarding by %s", (forwarding) => {
  let app: App & { readLog(): string };
  let member: Visitor;

  beforeAll(async () => {
    const url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
    const logDir = mkdtempSync(join(tmpdir(), "gatehouse-limits-"));
    const started = await startApp({ BACKEND_URL: url, BACKEND_FORWARD: forwarding }, undefined, { logDir });
    app = { ...started, readLog: () => readFileSync(join(logDir, "next.log"), "utf8") };
    member = new Visitor(app.origin);
    await member.signUp("ada@example.com");
  });
  afterAll(() => app?.stop());

  function send(method: string, path: string, more: readonly string[] = [], body = ""): Promise<RawResponse> {
    const { host } = new URL(app.origin);
    const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, `Cookie: ${member.cookieHeader}`];
    return sendRaw(app.origin, [...lines, "Connection: close", ...more], body);
  }

  function sendAsGuest(path: string, headers: readonly string[]): Promise<RawResponse> {
    const { host } = new URL(app.origin);
    return sendRaw(app.origin, [`GET ${path} HTTP/1.1`, `Host: ${host}`, "Connection: close", ...headers]);
  }

  const urlThatArrived = () => arrived.at(-1)?.split(" ")[1];

  describe("queries", () => {
    test.each([
      "?constructor=1",
      "?__proto__=1",
      "?toString=1&valueOf=2",
      "?a[]=1&a[]=2",
      "?a=1+2",
      "?a=%20&b=%2B&c=%2f",
      "?a=%zz",
      "?a=%E9",
      "?a=1&b=2&a=3",
      "?b=1&10=2&1=3",
      "?flag&a;b=c&&",
      "?a=/x:@!$()*,~",
      "?_rsc=1&nxtPa=2",
    ])("%s arrives byte for byte", async (query) => {
      await send("GET", `/backend/x${query}`);
      expect(urlThatArrived()).toBe(`/x${query}`);
    });

    it("a query without an equals sign gets one from the rewrite", async () => {
      await send("GET", "/backend/x?flag");
      expect(urlThatArrived()).toBe(forwarding === "rewrite" ? "/x?flag=" : "/x?flag");
    });

    it("a query with an encoded tab is re-encoded by the rewrite", async () => {
      await send("GET", "/backend/x?a=%09&b=1+2");
      expect(urlThatArrived()).toBe(forwarding === "rewrite" ? "/x?a=%09&b=1%202" : "/x?a=%09&b=1+2");
    });

    it("a WebSocket has its query unchanged", async () => {
      const key = "dGhlIHNhbXBsZSBub25jZQ==";
      respond = () => "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
      const { hostname, port, host } = new URL(app.origin);
      const socket = connect(Number(port), hostname);
      const handshake = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"];
      socket.write(
        [
          "GET /backend/ws?a[]=1+2 HTTP/1.1",
          ...[`Host: ${host}`, `Origin: ${app.origin}`, `Cookie: ${member.cookieHeader}`, ...handshake],
          `Sec-WebSocket-Key: ${key}\r\n\r\n`,
        ].join("\r\n"),
      );
      while (arrived.length === 0) await sleep(20);
      socket.destroy();
      expect(urlThatArrived()).toBe("/ws?a[]=1+2");
    });
  });

  describe("paths", () => {
    test.each([
      ["/x.rsc", "/x"],
      ["/x.segments/y.segment.rsc", "/x.segments/y.segment"],
    ])("%s arrives as %s", async (path, seen) => {
      await send("GET", `/backend${path}`);
      expect(urlThatArrived()).toBe(seen);
    });

    it("two slashes become one by a redirect", async () => {
      const { status, headers } = await send("GET", "/backend/a//b");
      expect([status, headers.get("location")]).toEqual([308, "/backend/a/b"]);
    });
  });

  test.each(["/", "/device", "/backend/x", "/api/health", "/robots.txt"])(
    "TRACE %s is 405, and nothing is logged or forwarded",
    async (path) => {
      const { status, headers, body } = await send("TRACE", path);
      expect([status, body]).toEqual([405, ""]);
      expect(headers.get("allow")).toContain("GET");
      expect(arrived).toEqual([]);
    },
  );

  // RFC 9112 §3.2.4: "*" is for OPTIONS. The others are no addresses.
  test.each(["OPTIONS *", "GET *", "GET http://", "POST http://["])(
    "%s is 400, and nothing is logged or forwarded",
    async (line) => {
      const before = app.readLog();
      const [method = "", target = ""] = line.split(" ");
      const { status, headers, body } = await send(method, target);
      expect([status, body]).toEqual([400, ""]);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(arrived).toEqual([]);
      expect(app.readLog().slice(before.length)).toBe("");
    },
  );

  it("a router state that Next cannot read is 500, and writes no error line", async () => {
    const state = ["RSC: 1", "Next-Router-State-Tree: %5Bx"];
    const { headers } = await sendAsGuest("/login", state);
    const before = app.readLog();
    const { status } = await sendAsGuest(headers.get("location") ?? "", state);
    expect(status).toBe(500);
    const lines = app.readLog().slice(before.length);
    expect(lines).toContain('"code":"page_unreadable_state"');
    expect(lines).not.toContain('"level":"error"');
  });

  test.each([
    ["a <Link> that is seen", ["RSC: 1", "Next-Router-Prefetch: 1"]],
    ["a <Link> that is clicked", ["RSC: 1", "Next-Router-State-Tree: %5B%22%22%5D"]],
    ["a browser that prefetches", ["Sec-Purpose: prefetch"]],
  ])("%s does not call the backend", async (_, headers) => {
    const { status, body } = await send("GET", "/backend/x", headers);
    expect([status, body]).toEqual([400, expect.stringContaining("gate_not_for_router")]);
    expect(arrived).toEqual([]);
  });

  it("a visitor who follows a <Link> to the backend causes one call", async () => {
    const browser = await launchBrowser();
    try {
      const context = await browser.newContext();
      const { hostname } = new URL(app.origin);
      await context.addCookies(
        Array.from(member.cookies, ([name, value]) => ({ name, value, domain: hostname, path: "/" })),
      );
      const page = await context.newPage();
      await page.goto(`${app.origin}/account`, { waitUntil: "networkidle" });
      arrived = [];
      // What a <Link> does when it becomes visible, and when it is clicked.
      await page.evaluate(() => {
        const { router } = (window as unknown as { next: { router: Record<string, (to: string) => void> } })
          .next;
        router.prefetch?.("/backend/x");
        router.push?.("/backend/x");
      });
      await page.waitForURL(`${app.origin}/backend/x`);
      expect(await page.textContent("body")).toBe("ok");
      expect(arrived).toEqual(["GET /x HTTP/1.1"]);
    } finally {
      await browser.close();
    }
  });

  it("a Latin-1 response header arrives only by the rewrite", async () => {
    respond = () => `HTTP/1.1 200 OK\r\nx-name: caf\xe9\r\ncontent-length: 2\r\n\r\nok`;
    const { headers } = await send("GET", "/backend/x");
    expect(headers.get("x-name")).toBe(forwarding === "rewrite" ? "caf\xe9" : "caf\xc3\xa9");
  });

  test.each([
    ["200 OK", "content-length: 2\r\n\r\nok"],
    ["304 Not Modified", 'etag: "a"\r\n\r\n'],
  ])("a response %s with a Trailer that cannot follow arrives without it", async (line, rest) => {
    respond = () => `HTTP/1.1 ${line}\r\ntrailer: x-sum\r\n${rest}`;
    const response = send("GET", "/backend/x").then(({ status, headers }) => [
      status,
      headers.get("trailer"),
    ]);
    expect(await Promise.race([response, sleep(20_000, "nothing")])).toEqual([
      Number(line.slice(0, 3)),
      null,
    ]);
  });

  it.each([
    ["café in Latin-1", "caf\xe9", "caf\xfd", "caf\xc3\xa9"],
    ["café in UTF-8", "caf\xc3\xa9", "caf\xe9", "caf\xc3\x83\xc2\xa9"],
  ])("a Content-Disposition with %s is garbled", async (_, sent, byRewrite, byRelay) => {
    respond = () => `HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-disposition: x; y=${sent}\r\n\r\nok`;
    const { headers } = await send("GET", "/backend/x");
    expect(headers.get("content-disposition")).toBe(`x; y=${forwarding === "rewrite" ? byRewrite : byRelay}`);
  });

  it("a call has no Cache-Control that the client did not send", async () => {
    await send("GET", "/backend/x");
    expect(heads.at(-1)).not.toMatch(/\n(?:cache-control|pragma):/i);
  });

  it("relay sends `Sec-Fetch-Mode: cors` with every call, and `no-cache` if the client revalidates", async () => {
    await send("GET", "/backend/x", ["Sec-Fetch-Mode: navigate", 'If-None-Match: "a"']);
    const isRelay = forwarding === "relay";
    expect(heads.at(-1)).toMatch(isRelay ? /\nsec-fetch-mode: cors\r/i : /\nsec-fetch-mode: navigate\r/i);
    expect(/\ncache-control: no-cache\r/i.test(heads.at(-1) ?? "")).toBe(isRelay);
  });

  it.runIf(process.platform === "linux")("request bodies are held in memory", async () => {
    respond = () => "";
    const before = resident(app.pid);
    const clients = Array.from({ length: 20 }, () => {
      const headers = { cookie: member.cookieHeader, origin: app.origin, "content-length": 9_000_000 };
      const client = request(`${app.origin}/backend/x`, { method: "POST", headers });
      client.on("error", () => undefined);
      client.end(Buffer.alloc(9_000_000));
      return client;
    });
    // The bodies are 180 MB. A proxy that streams would need only a few buffers.
    const growth = () => resident(app.pid) - before;
    const deadline = Date.now() + 20_000;
    while (growth() < 120 && Date.now() < deadline) await sleep(100);
    const grown = growth();
    for (const client of clients) client.destroy();
    for (const socket of sockets) socket.destroy();
    expect(grown).toBeGreaterThan(120);
  });
});

/** Memory of a process and its children. Megabytes. */
function resident(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean);
  const kilobytes = readFileSync(`/proc/${pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/)?.[1];
  return Number(kilobytes) / 1024 + children.reduce((sum, child) => sum + resident(Number(child)), 0);
}
