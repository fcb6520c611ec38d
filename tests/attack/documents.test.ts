import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { launchBrowser } from "../../scripts/lib/chromium";
import { type App, startApp } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { sendRaw } from "../fixtures/raw-http";

/**
 * Attack: HTML that is not a page of the app, such as a backend's document or Next's error page,
 * runs a script on the app's origin. Defence: a Content Security Policy on each such response.
 */

const SCRIPT = `document.documentElement.setAttribute("data-ran", "yes")`;
const documents: Record<string, { type?: string; body: string }> = {
  "/page.html": { type: "text/html", body: `<title>quiet</title><p>hello</p><script>${SCRIPT}</script>` },
  "/page.xhtml": {
    type: "application/xhtml+xml",
    body: `<html xmlns="http://www.w3.org/1999/xhtml"><title>quiet</title><script>${SCRIPT}</script></html>`,
  },
  "/image.svg": {
    type: "image/svg+xml",
    body: `<svg xmlns="http://www.w3.org/2000/svg"><script>${SCRIPT}</script></svg>`,
  },
  "/page.xml": {
    type: "application/xml",
    body: `<x xmlns:h="http://www.w3.org/1999/xhtml"><h:script>${SCRIPT}</h:script></x>`,
  },
  "/unknown": { body: `<html><title>quiet</title><script>${SCRIPT}</script></html>` },
  "/file.pdf": { type: "application/pdf", body: "%PDF-1.4" },
  "/worker.js": {
    type: "text/javascript",
    body: "self.onfetch = () => {}; self.ran = true; postMessage?.('ran')",
  },
  "/data.json": { type: "application/json", body: "{}" },
};

/** Whether the policy stops a script that an attacker has injected into the HTML. */
function isStrict(policy: string): boolean {
  const script = (policy.match(/script-src [^;]*/) ?? policy.match(/default-src [^;]*/))?.[0] ?? "";
  return /^sandbox/.test(policy) || (script !== "" && !/unsafe-inline|nonce-x|\*/.test(script));
}

/** A backend that tries to run scripts in its documents: it weakens each header of the app. */
async function startHostileUpstream() {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
    const found = documents[pathname] ?? documents["/page.html"];
    if (found?.type) response.setHeader("content-type", found.type);
    response.setHeader("content-security-policy", "default-src * 'unsafe-inline' 'unsafe-eval' data: blob:");
    response.setHeader("x-content-type-options", "none");
    response.setHeader("x-frame-options", "ALLOWALL");
    response.setHeader("cross-origin-opener-policy", "unsafe-none");
    response.setHeader("service-worker-allowed", "/");
    response.setHeader("x-accel-redirect", "/account");
    response.setHeader("x-sendfile", "/etc/passwd");
    response.setHeader("x-accel-expires", "3600");
    response.setHeader("cdn-cache-control", "max-age=3600");
    if (searchParams.has("download")) {
      response.setHeader("content-disposition", 'attachment; filename="report.txt"');
    }
    response.statusCode = Number(searchParams.get("status") ?? 200);
    response.end(request.method === "HEAD" ? undefined : found?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe.each(["rewrite", "relay"])("with BACKEND_FORWARD=%s", (forwarding) => {
  let app: App;
  let upstream: Awaited<ReturnType<typeof startHostileUpstream>>;
  let browser: Browser;
  let member: Visitor;

  beforeAll(async () => {
    upstream = await startHostileUpstream();
    app = await startApp({ BACKEND_URL: upstream.url, BACKEND_FORWARD: forwarding });
    member = new Visitor(app.origin);
    await member.signUp("ada@example.com");
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    await upstream?.stop();
  });

  const raw = (line: string, headers: readonly string[] = [], body = "") =>
    sendRaw(
      app.origin,
      [
        `${line} HTTP/1.1`,
        `Host: ${new URL(app.origin).host}`,
        `Cookie: ${member.cookieHeader}`,
        "Connection: close",
        ...headers,
      ],
      body,
    );

  async function openPage() {
    const context = await browser.newContext();
    await context.addCookies(
      [...member.cookies].map(([name, value]) => ({ name, value, url: app.origin, httpOnly: true })),
    );
    return context.newPage();
  }

  describe("a response of the backend", () => {
    test.each([
      ...Object.keys(documents).map((path) => `GET /backend${path}`),
      "GET /backend",
      "GET /backend/",
      "GET /backend/page.html?status=404",
      "GET /backend/page.html?status=500",
      "GET /backend/page.html?status=206",
      "HEAD /backend/page.html",
      "POST /backend/page.html",
      "GET /backend/page.rsc",
      "GET /backend.rsc",
      "GET /./backend/page.html",
      "GET /x/../backend/page.html",
      "GET /%2e/backend/page.html",
    ])("to %s is sandboxed, and keeps the app's headers", async (line) => {
      const { status, headers } = await raw(line, line.startsWith("POST") ? ["Content-Length: 0"] : []);
      expect(status).toBeGreaterThan(0);
      expect(headers.get("content-security-policy")).toBe("sandbox allow-downloads; frame-ancestors 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(headers.get("service-worker-allowed")).toBeNull();
      expect(headers.get("x-accel-redirect")).toBeNull();
      expect(headers.get("x-sendfile")).toBeNull();
      expect(headers.get("x-accel-expires")).toBeNull();
      expect(headers.get("cdn-cache-control")).toBeNull();
    });

    test.each(["/page.html", "/page.xhtml", "/image.svg", "/page.xml", "/unknown"])(
      "does not run its script when it is opened in a browser: %s",
      async (path) => {
        const page = await openPage();
        await page.goto(`${app.origin}/backend${path}`);
        // The scripts of the debugger run even in a sandboxed document.
        expect(await page.evaluate(() => document.documentElement.getAttribute("data-ran"))).toBeNull();
        expect(await page.evaluate(() => self.origin)).toBe("null");
        await page.context().close();
      },
    );

    it("cannot be used as a script, worker or service worker of a page", async () => {
      const page = await openPage();
      await page.goto(`${app.origin}/device`);
      const outcomes = await page.evaluate(async () => {
        const registered = await navigator.serviceWorker.register("/backend/worker.js").then(
          () => "registered",
          () => "refused",
        );
        const worker = await new Promise((resolve) => {
          const started = new Worker("/backend/worker.js");
          started.onmessage = () => resolve("ran");
          started.onerror = () => resolve("refused");
        });
        const script = await new Promise((resolve) => {
          const element = document.createElement("script");
          element.src = "/backend/worker.js";
          element.onload = () => resolve("ran");
          element.onerror = () => resolve("refused");
          document.head.append(element);
        });
        return { registered, worker, script };
      });
      expect(outcomes).toEqual({ registered: "refused", worker: "refused", script: "refused" });
      await page.context().close();
    });

    it.each(["a link", "a link with the download attribute", "a visit"])(
      "is downloaded by %s",
      async (way) => {
        const page = await openPage();
        await page.goto(`${app.origin}/device`);
        const download = page.waitForEvent("download");
        await page.evaluate((way) => {
          if (way === "a visit") return void location.assign("/backend/page.html?download");
          const link = document.createElement("a");
          link.href = "/backend/page.html?download";
          if (way !== "a link") link.download = "";
          document.body.append(link);
          link.click();
        }, way);
        expect((await download).suggestedFilename()).toBe("report.txt");
        expect(await (await download).failure()).toBeNull();
        await page.context().close();
      },
    );

    it("is downloaded by a link of a document of the backend", async () => {
      const page = await openPage();
      await page.goto(`${app.origin}/backend/page.html`);
      const download = page.waitForEvent("download");
      await page.evaluate(() => {
        const link = document.createElement("a");
        link.href = "/backend/page.html?download";
        link.textContent = "report";
        document.body.append(link);
      });
      await page.click("a");
      expect(await (await download).failure()).toBeNull();
      await page.context().close();
    });

    it("is not sandboxed at the exact path of the docs, and runs no inline script there", async () => {
      const policy = (line: string) =>
        raw(line).then(({ headers }) => headers.get("content-security-policy"));
      expect(await policy("GET /backend/docs")).toMatch(/^default-src 'none'; script-src 'self'; /);
      for (const path of ["/backend/docs/", "/backend/docs/x", "/backend/%64ocs", "/backend/docs.rsc"]) {
        expect(await policy(`GET ${path}`), path).toMatch(/^sandbox allow-downloads; /);
      }
      const page = await openPage();
      await page.goto(`${app.origin}/backend/docs`);
      expect(await page.evaluate(() => document.documentElement.getAttribute("data-ran"))).toBeNull();
      await page.context().close();
    });

    it("can be a script of the docs only at a listed path, and no worker there", async () => {
      const page = await openPage();
      await page.goto(`${app.origin}/backend/docs`);
      const outcomes = await page.evaluate(async () => {
        const load = (src: string) =>
          new Promise((resolve) => {
            const element = document.createElement("script");
            element.src = src;
            element.onload = () => resolve("sent");
            element.onerror = () => resolve("refused");
            document.head.append(element);
          });
        const start = (src: string) =>
          new Promise((resolve) => {
            try {
              const worker = new Worker(src);
              worker.onmessage = () => resolve("ran");
              worker.onerror = () => resolve("refused");
            } catch {
              resolve("refused");
            }
          });
        const registered = navigator.serviceWorker.register("/backend/docs/start.js").then(
          () => "registered",
          () => "refused",
        );
        return {
          other: await load("/backend/worker.js"),
          below: await load("/backend/docs/worker.js"),
          worker: await start("/backend/docs/start.js"),
          registered: await registered,
        };
      });
      expect(outcomes).toEqual({
        other: "refused",
        below: "refused",
        worker: "refused",
        registered: "refused",
      });
      await page.context().close();
    });

    it("can be used as an image of a page", async () => {
      const page = await openPage();
      await page.goto(`${app.origin}/device`);
      const shown = await page.evaluate(
        () =>
          new Promise((resolve) => {
            const image = new Image();
            image.onload = () => resolve(true);
            image.onerror = () => resolve(false);
            image.src = "/backend/image.svg";
          }),
      );
      expect(shown).toBe(true);
      await page.context().close();
    });
  });

  describe("an HTML response of Next", () => {
    const lines = [
      "GET /api/nope",
      "POST /api/nope",
      "GET /api/health/nope",
      "POST /api/health",
      "PUT /api/health/ready",
      "GET /api",
      "GET /api/",
      "GET /api//x",
      "GET /api/%zz",
      "GET /api/health/%zz",
      "GET /api/auth/%zz",
      "GET /api/auth/nope",
      "GET /api/auth/error?error=%3Cscript%3E",
      "GET /%zz",
      "GET /%",
      "GET /nope",
      "GET /nope.html",
      "GET /device/nope",
      "GET /_next/static/nope.js",
      "POST /_next/static/nope.js",
      "GET /_next/nope",
      "GET /_next/data/x/y.json",
      "GET /_next/image",
      "GET /_next/image?url=x",
      "POST /favicon.ico",
      "POST /icon.svg",
      "DELETE /robots.txt",
      "GET /robots.txt/nope",
      "GET /404",
      "GET /500",
      "GET /_error",
      "GET /_not-found",
      "POST /nope",
      "TRACE /",
      "TRACE /backend/x",
      "TRACE /_next/static/x",
      "OPTIONS /api/health",
      "GET //evil.example",
      "GET /\\evil",
      "GET *",
      "GET http://evil.example/",
      "GET /?__nextDefaultLocale=x",
    ];
    const accepts = [
      ["no headers", []],
      ["Accept: */*", ["Accept: */*"]],
      ["a navigation", ["Accept: text/html", "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate"]],
      ["a frame", ["Sec-Fetch-Dest: iframe", "Sec-Fetch-Mode: navigate"]],
      ["a fetch", ["Sec-Fetch-Dest: empty", "Accept: text/html"]],
      ["Next's router", ["RSC: 1"]],
      ["a policy from the client", ["Content-Security-Policy: script-src 'nonce-x' 'unsafe-inline'"]],
    ] as const;

    test.each(accepts)("has a policy that runs no injected script, with %s", async (_, headers) => {
      const responses = await Promise.all(
        lines.map(async (line) => {
          const length = /^(POST|PUT|DELETE)/.test(line) ? ["Content-Length: 0"] : [];
          return { line, ...(await raw(line, [...headers, ...length])) };
        }),
      );
      const html = responses.filter((response) => response.headers.get("content-type")?.includes("html"));
      // Node's own responses to bytes that are not HTTP have no body.
      const bare = responses
        .filter(({ body, headers }) => body !== "" && !isStrict(headers.get("content-security-policy") ?? ""))
        .map(({ line, status, headers }) => `${line}: ${status} ${headers.get("content-security-policy")}`);
      expect(bare).toEqual([]);
      if (!headers.some((header) => header === "RSC: 1")) expect(html.length).toBeGreaterThan(5);
    });
  });
});
