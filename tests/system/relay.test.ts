import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { freePort } from "../../scripts/lib/ports";
import { type App, startApp } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";

/** What the relay passes on from a backend that sends headers it should not send. */

let backend: Server;
let port: number;
let app: App;
let member: Visitor;

beforeAll(async () => {
  port = await freePort();
  backend = createServer((request, response) => {
    const own = `http://127.0.0.1:${port}`;
    const path = request.url ?? "";
    if (path === "/reset") {
      response.writeHead(200, { "content-type": "text/plain", "content-length": "1000" });
      response.write("the beginning", () => request.socket.destroy());
      return;
    }
    if (path === "/empty") {
      response.writeHead(204).end();
      return;
    }
    const locations: Record<string, string> = {
      "/to-own": `${own}/there?x=1`,
      // Like uvicorn, which trusts `X-Forwarded-Proto`.
      "/to-own-on-https": `https://127.0.0.1:${port}/there`,
      // Like Starlette when it adds a slash.
      "/to-requested-host": `http://${request.headers.host}/there/`,
      "/to-path": "/there/",
      "/to-relative": "there",
      "/to-other": "https://elsewhere.example/x",
    };
    const [, status] = path.match(/^\/status\/(\d+)/) ?? [];
    if (status) {
      const location = path.endsWith("/bad") ? "http://[" : `${own}/there?x=1`;
      response
        .writeHead(Number(status), { location, "content-location": location, "x-next-page": own })
        .end();
      return;
    }
    if (path === "/links") {
      response.writeHead(200, {
        link: [
          `<${own}/n?page=2,3>; rel="next"; title="a, <b>"`,
          "</n?page=1>; rel=prev, <?page=9>; rel=last",
        ],
        refresh: `5; url=${own}/r`,
        "content-location": "/here",
        "x-served-by": `127.0.0.1:${port}`,
      });
      response.end();
      return;
    }
    const location = locations[path];
    response.writeHead(location ? 307 : 200, {
      "content-type": "application/json",
      "set-cookie": "better-auth.session_token=stolen",
      "x-middleware-rewrite": "https://evil.example/",
      "x-middleware-next": "1",
      "x-action-redirect": "https://evil.example/",
      "access-control-allow-origin": "*",
      "clear-site-data": '"*"',
      "accept-ch": "Sec-CH-UA-Model",
      "critical-ch": "Sec-CH-UA-Model",
      "origin-agent-cluster": "?0",
      "set-login": "logged-out",
      "sec-session-registration": '(ES256);path="/x"',
      "secure-session-registration": '(ES256);path="/x"',
      "content-security-policy-report-only": "default-src 'none'; report-uri https://evil.example/",
      "reporting-endpoints": `all="${own}/reports"`,
      "strict-transport-security": "max-age=0",
      "x-frame-options": "ALLOWALL",
      via: `1.1 127.0.0.1:${port}`,
      "content-location": `${own}/x`,
      link: `<${own}/next>; rel="next"`,
      "x-kept": "yes",
      ...(location && { location }),
    });
    response.end(JSON.stringify({ path }));
  });
  backend.listen(port, "127.0.0.1");
  await once(backend, "listening");
  expect((backend.address() as AddressInfo).port).toBe(port);
  app = await startApp({ BACKEND_URL: `http://127.0.0.1:${port}`, BACKEND_FORWARD: "relay" });
  member = new Visitor(app.origin);
  await member.signUp("ada@example.com");
});
afterAll(async () => {
  await app?.stop();
  backend?.close();
});

it("a response arrives without the headers that only the gate may set", async () => {
  const response = await member.fetch("/backend/x");
  expect(await response.json()).toEqual({ path: "/x" });
  expect(response.headers.get("x-kept")).toBe("yes");
  expect(response.headers.getSetCookie()).toEqual([]);
  for (const name of [
    "x-middleware-rewrite",
    "x-middleware-next",
    "x-action-redirect",
    "access-control-allow-origin",
    "clear-site-data",
    "accept-ch",
    "critical-ch",
    "origin-agent-cluster",
    "set-login",
    "sec-session-registration",
    "secure-session-registration",
    "content-security-policy-report-only",
    "strict-transport-security",
    "via",
  ]) {
    expect(response.headers.get(name), name).toBeNull();
  }
  // The app's own header is unchanged.
  expect(response.headers.get("x-frame-options")).toBe("DENY");
});

test.each(["/x", "/to-own", "/to-own-on-https", "/to-requested-host", "/to-path", "/to-other", "/missing"])(
  "the response of %s does not contain the backend's address",
  async (path) => {
    const response = await member.fetch(`/backend${path}`);
    expect(JSON.stringify([...response.headers]) + (await response.text())).not.toContain(String(port));
  },
);

test.each([
  ["/to-own", "/backend/there?x=1"],
  ["/to-own-on-https", "/backend/there"],
  ["/to-requested-host", "/backend/there/"],
  ["/to-path", "/backend/there/"],
  ["/to-relative", "/backend/there"],
  ["/to-other", "https://elsewhere.example/x"],
])("the redirect of %s leads to %s", async (path, location) => {
  const response = await member.fetch(`/backend${path}`);
  expect(response.status).toBe(307);
  expect(response.headers.get("location")).toBe(location);
});

/** Next removes its own origin from `Location` only for these. For others the origin remains. */
const redirects = [301, 302, 303, 307, 308];
test.each([200, 201, 202, 203, 206, 300, 304, 305, 400, 404, 409, 500, 503, ...redirects])(
  "the Location of a response %s is below the prefix and does not contain the backend's address",
  async (status) => {
    const response = await member.fetch(`/backend/status/${status}`);
    expect(response.status).toBe(status);
    const place = redirects.includes(status) ? "" : app.origin;
    expect(response.headers.get("location")).toBe(`${place}/backend/there?x=1`);
    expect(response.headers.get("content-location")).toBe("/backend/there?x=1");
    expect(response.headers.get("x-next-page")).toBe("/backend");
    expect(JSON.stringify([...response.headers])).not.toContain(String(port));
  },
);

test.each([201, 302, 304])("a response %s with an invalid Location arrives without it", async (status) => {
  const response = await member.fetch(`/backend/status/${status}/bad`);
  expect(response.status).toBe(status);
  expect(response.headers.get("location")).toBeNull();
  expect(response.headers.get("content-location")).toBeNull();
});

it("the addresses of a Link header are below the prefix", async () => {
  const { headers } = await member.fetch("/backend/links");
  expect(headers.get("link")).toBe(
    '</backend/n?page=2,3>; rel="next"; title="a, <b>", </backend/n?page=1>; rel=prev, <?page=9>; rel=last',
  );
  expect(headers.get("refresh")).toBe("5; url=/backend/r");
  expect(headers.get("content-location")).toBe("/backend/here");
  expect(headers.get("x-served-by")).toBeNull();
});

it("an empty response arrives empty", async () => {
  const response = await member.fetch("/backend/empty", { method: "DELETE" });
  expect(response.status).toBe(204);
  expect(await response.text()).toBe("");
});

it("a response that is cut off does not look complete", async () => {
  await expect(member.fetch("/backend/reset").then((response) => response.text())).rejects.toThrow();
});

describe("while the backend is down", () => {
  beforeAll(async () => {
    backend.closeAllConnections();
    backend.close();
    await once(backend, "close");
  });

  it("a call gets 502 with Retry-After", async () => {
    const response = await member.fetch("/backend/x");
    expect(response.status).toBe(502);
    expect(response.headers.get("retry-after")).toBeTruthy();
    expect(await response.json()).toMatchObject({ code: "gate_backend_unreachable" });
  });

  it("no cookie is deleted", async () => {
    expect((await member.fetch("/api/auth/get-session")).status).toBe(200);
    expect(member.cookies.has("better-auth.session_token")).toBe(true);
  });
});
