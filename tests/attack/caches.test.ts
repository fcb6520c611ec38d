import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type App, startApp } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";

/**
 * RFC 9111 §3.5: a shared cache stores no response to a request with `Authorization`, unless the
 * response allows it. A cache in front of the gate sees a cookie instead, so the gate must forbid it
 * with `Cache-Control`.
 */
describe.each(["rewrite", "relay"])("with BACKEND_FORWARD=%s", (forwarding) => {
  let backend: Server;
  let app: App;
  let member: Visitor;
  let cacheControl: string | undefined;

  beforeAll(async () => {
    backend = createServer((_, response) => {
      if (cacheControl !== undefined) response.setHeader("cache-control", cacheControl);
      response.setHeader("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT");
      response.end("only for Ada");
    });
    await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
    const { port } = backend.address() as AddressInfo;
    app = await startApp({ BACKEND_URL: `http://127.0.0.1:${port}`, BACKEND_FORWARD: forwarding });
    member = new Visitor(app.origin);
    await member.signUp("ada@example.com");
  });
  afterAll(async () => {
    await app?.stop();
    backend?.closeAllConnections();
    backend?.close();
  });

  async function directivesFor(sent: string | undefined): Promise<string[]> {
    cacheControl = sent;
    const response = await member.fetch("/backend/report.pdf");
    expect(await response.text()).toBe("only for Ada");
    const directives = (response.headers.get("cache-control") ?? "").split(/\s*,\s*/);
    return directives.filter((directive) => directive !== "no-transform");
  }

  test.each([
    [undefined, ["private"]],
    ["max-age=60", ["max-age=60", "private"]],
    ["no-cache", ["no-cache", "private"]],
    ["", ["private"]],
    ["max-age=60, must-revalidate", ["max-age=60", "must-revalidate", "private"]],
    ["publicly=1", ["publicly=1", "private"]],
    ['no-cache="x-public"', ['no-cache="x-public"', "private"]],
    ['private="x-request-id", max-age=60', ['private="x-request-id"', "max-age=60", "private"]],
    ['max-age=60, extension="a, public, b"', ["max-age=60", 'extension="a', "public", 'b"', "private"]],
    ["Max-Age=60, Immutable", ["Max-Age=60", "Immutable", "private"]],
  ])("a response with Cache-Control %s may be stored by the browser only", async (sent, expected) => {
    expect((await directivesFor(sent)).filter(Boolean)).toEqual(expected);
  });

  test.each([
    "public, max-age=60",
    "PUBLIC",
    "max-age=0, s-maxage=60",
    "private",
    "no-store",
    "no-cache, private",
  ])("a response with Cache-Control %s arrives unchanged", async (sent) => {
    expect((await directivesFor(sent)).join(", ")).toBe(sent);
  });
});
