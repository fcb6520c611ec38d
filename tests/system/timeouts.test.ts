import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type ClientRequest, createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBrowserApi } from "../../lib/browser/api-client";
import { isFull } from "../../scripts/lib/full-tests";
import { type App, type Database, startApp, startDatabase } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";

/** How long each side may send nothing. BACKEND_TIMEOUT_SECONDS in these tests. Seconds. */
const LIMIT = 2;
/** A slow upload sends a part after each pause: 30 kB/s. Bytes, milliseconds. */
const PART = 12_000;
const PAUSE = 400;

let backend: Server;
let url: string;
/** All apps share it: a process that starts a database cannot serve another one meanwhile. */
let database: Database;
/** The paths of requests whose connection was closed before the whole body had arrived. */
const brokenOff: string[] = [];

beforeAll(async () => {
  backend = createServer((incoming, response) => {
    const path = incoming.url ?? "";
    incoming.on("close", () => {
      if (!incoming.complete) brokenOff.push(path);
    });
    if (path === "/too-large") {
      response.writeHead(413, { "content-type": "text/plain" }).end("too large");
      return;
    }
    if (path === "/deaf") return;
    if (path === "/500") {
      response.writeHead(500, { "content-type": "text/plain" }).end("Internal Server Error");
      return;
    }
    if (path === "/cut") {
      // It begins, and is then silent.
      response.writeHead(200, { "content-type": "text/plain" }).write("the start");
      return;
    }
    if (path === "/gzip") {
      const body = gzipSync("unpacked");
      response.writeHead(200, { "content-encoding": "gzip", "content-length": body.length }).end(body);
      return;
    }
    let size = 0;
    incoming.on("data", (chunk: Buffer) => {
      size += chunk.length;
    });
    incoming.on("end", () => {
      if (path !== "/silent") response.end(String(size));
    });
  });
  backend.listen(0, "127.0.0.1");
  await once(backend, "listening");
  url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
  database = await startDatabase();
});
afterAll(async () => {
  backend.closeAllConnections();
  backend.close();
  await database?.stop();
});

// These tests wait, so they run at the same time.
describe.concurrent.each(["rewrite", "relay"])("forwarding by %s", (forwarding) => {
  let app: App;
  let cookie: string;

  beforeAll(async () => {
    const limit = { BACKEND_TIMEOUT_SECONDS: String(LIMIT) };
    app = await startApp({ BACKEND_URL: url, BACKEND_FORWARD: forwarding, ...limit }, database);
    const member = new Visitor(app.origin);
    await member.signUp(`${randomUUID()}@example.com`);
    cookie = member.cookieHeader;
  });
  afterAll(() => app?.stop());

  function open(path: string, length: number): ClientRequest {
    const headers = { cookie, "content-length": length, origin: app.origin };
    return request(`${app.origin}/backend${path}`, { method: "POST", headers });
  }

  async function read(client: ClientRequest) {
    const [response] = (await once(client, "response")) as [IncomingMessage];
    response.setEncoding("utf8");
    let body = "";
    for await (const chunk of response) body += chunk;
    return { status: response.statusCode, headers: response.headers, body };
  }

  /**
   * Uploads a body in parts, at 30 kB/s. This takes `seconds`, by default twice as long as the
   * backend's timeout.
   */
  async function uploadSlowly(path: string, seconds = 2 * LIMIT) {
    const parts = (seconds * 1000) / PAUSE;
    const client = open(path, parts * PART);
    const reading = read(client);
    for (let part = 0; part < parts; part++) {
      await sleep(PAUSE);
      client.write("x".repeat(PART));
    }
    client.end();
    return reading;
  }

  it("a slow upload does not count as a slow backend", async () => {
    const seconds = isFull ? 80 : 2 * LIMIT;
    const body = String(seconds * 30_000);
    expect(await uploadSlowly("/count", seconds)).toMatchObject({ status: 200, body });
  });

  it("20 slow uploads at the same time all arrive", async () => {
    const results = await Promise.all(Array.from({ length: 20 }, () => uploadSlowly("/count")));
    expect(results.map(({ body }) => body)).toEqual(Array(20).fill(String(2 * LIMIT * 30_000)));
  });

  it("a backend has the whole limit after the upload has ended", async () => {
    const begin = Date.now();
    const result = await uploadSlowly("/silent");
    expect(Date.now() - begin).toBeGreaterThan(3 * LIMIT * 1000 - 200);
    expect(Date.now() - begin).toBeLessThan(3 * LIMIT * 1000 + 6_000);
    expect(result.status).toBe(504);
    expect(result.headers).toMatchObject({
      "content-type": "application/problem+json",
      "cache-control": "private, no-store",
      "retry-after": "5",
    });
    expect(result.headers["x-middleware-rewrite"]).toBeUndefined();
    expect(JSON.parse(result.body)).toMatchObject({
      code: "gate_backend_timeout",
      detail: expect.stringContaining("not known"),
      request_id: result.headers["x-request-id"],
    });
  });

  it("a client that accepts gzip can read the refusal of a silent backend too", async () => {
    const headers = { cookie, "accept-encoding": "gzip" };
    const response = await fetch(`${app.origin}/backend/silent`, { headers });
    expect(await response.json()).toMatchObject({ code: "gate_backend_timeout" });
  });

  it("a 500 of the backend with the text that Next writes itself arrives unchanged", async () => {
    const response = await fetch(`${app.origin}/backend/500`, { headers: { cookie } });
    expect(response.status).toBe(500);
    expect(response.headers.get("content-type")).toBe("text/plain");
    expect(await response.text()).toBe("Internal Server Error");
  });

  // A relay has `fetch`'s own timeout here, 300 seconds.
  it.runIf(forwarding === "rewrite")(
    "a response that becomes silent is cut off, without another text",
    async () => {
      const response = await fetch(`${app.origin}/backend/cut`, { headers: { cookie } });
      await expect(response.text()).rejects.toThrow();
    },
  );

  it("a refusal before the end of the upload arrives", async () => {
    const client = open("/too-large", 1_000_000);
    client.on("error", () => undefined);
    client.write("x".repeat(500_000));
    setTimeout(() => client.end("x".repeat(500_000)), 300);
    expect(await read(client)).toMatchObject({ status: 413, body: "too large" });
  });

  it("a backend that does not read the upload has the same limit", async () => {
    const client = open("/deaf", 9_000_000);
    client.on("error", () => undefined);
    client.end(Buffer.alloc(9_000_000));
    expect((await read(client)).status).toBe(504);
  });

  it("a compressed response that the client did not request can be read", async () => {
    const response = await fetch(`${app.origin}/backend/gzip`, { headers: { cookie } });
    expect(await response.text()).toBe("unpacked");
  });

  describe.runIf(forwarding === "relay")("which measures the time itself", () => {
    it("a client that stops in the middle of its upload does not keep the backend's connection open", async ({
      expect,
    }) => {
      const client = open("/abandoned", 10_000);
      const reading = read(client);
      client.write("x".repeat(1_000));
      await sleep(LIMIT * 1000);
      await expect.poll(() => brokenOff).toContain("/abandoned");
      // Next sends no response before it has the whole body. Node's own timeout is 5 minutes.
      client.end("x".repeat(9_000));
      const result = await reading;
      expect(result.status).toBe(408);
      expect(JSON.parse(result.body)).toMatchObject({ code: "gate_upload_timeout" });
    });
  });
});

describe.runIf(isFull).concurrent.each(["rewrite", "relay"])(
  "with the default limit, by %s",
  (forwarding) => {
    it("a backend that is silent for 75 seconds responds", async () => {
      const slow = createServer((_, response) => void setTimeout(() => response.end("at last"), 75_000));
      slow.listen(0, "127.0.0.1");
      await once(slow, "listening");
      const address = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
      const app = await startApp({ BACKEND_URL: address, BACKEND_FORWARD: forwarding }, database);
      const member = new Visitor(app.origin);
      await member.signUp(`${randomUUID()}@example.com`);
      expect(await (await member.fetch("/backend/slow")).text()).toBe("at last");
      await app.stop();
      slow.close();
    });
  },
);

it.concurrent("the browser's client waits longer than 16 seconds for a response", async () => {
  const slow = createServer((_, response) => {
    setTimeout(() => response.setHeader("content-type", "application/json").end("[]"), 16_000);
  });
  slow.listen(0, "127.0.0.1");
  await once(slow, "listening");
  const api = createBrowserApi(`http://127.0.0.1:${(slow.address() as AddressInfo).port}`, {
    ...{ signOut: async () => undefined, currentPath: () => "/", navigate: () => undefined },
  });
  // The generated types of a FastAPI app do not contain this path, so the type is cast.
  const get = api.get as (path: string) => Promise<unknown>;
  await expect(get("/any")).resolves.toEqual([]);
  slow.closeAllConnections();
  slow.close();
});
