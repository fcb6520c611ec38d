import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { type App, startApp } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { startEchoUpstream } from "../fixtures/echo-upstream";

/**
 * What a page of another site can do with a signed-in visitor's browser: it changes nothing and
 * reads nothing.
 */

const FOREIGN = "https://evil.example";

let app: App;
let echo: Awaited<ReturnType<typeof startEchoUpstream>>;
let member: Visitor;

beforeAll(async () => {
  echo = await startEchoUpstream();
  app = await startApp({ BACKEND_URL: echo.url });
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

describe.each(["POST", "PUT", "PATCH", "DELETE"])("a %s request", (method) => {
  test.each<[sentence: string, headers: Record<string, string>]>([
    ["from another site", { "sec-fetch-site": "cross-site", origin: FOREIGN }],
    ["from a sibling domain", { "sec-fetch-site": "same-site", origin: "https://sibling.app.example" }],
    ["from another site in a browser without Fetch Metadata", { origin: FOREIGN }],
    ["from a sandboxed frame", { origin: "null" }],
    ["with our origin and Sec-Fetch-Site: cross-site", { "sec-fetch-site": "cross-site" }],
  ])("%s is refused before it is forwarded", async (_, headers) => {
    const response = await member.fetch("/backend/x", { method, headers });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: "gate_cross_site" });
    expect(echo.arrived).toEqual([]);
  });

  it("from our page is forwarded", async () => {
    const headers = { "sec-fetch-site": "same-origin", origin: app.origin };
    expect((await member.fetch("/backend/x", { method, headers })).status).toBe(200);
  });
});

describe("the backend receives no Origin of another site, so it cannot allow that site anything", () => {
  test.each(["GET", "OPTIONS"])("%s", async (method) => {
    const preflight = { "access-control-request-method": "DELETE", "access-control-request-headers": "x" };
    await member.fetch("/backend/x", { method, headers: { origin: FOREIGN, ...preflight } });
    const [arrived] = echo.arrived;
    const names = Object.keys(arrived?.headers ?? {});
    expect(names).toContain("authorization");
    expect(names.filter((name) => /^origin$|^access-control/.test(name))).toEqual([]);
  });
});

describe("a link to the app does not redirect to another site (CWE-601)", () => {
  test.each(["/.//evil.example", "/x/..//evil.example", "//evil.example", "/\\evil.example", FOREIGN])(
    "at %s",
    async (callback) => {
      const query = new URLSearchParams({ token: "x", callbackURL: callback });
      const response = await member.fetch(`/api/auth/verify-email?${query}`);
      const location = response.headers.get("location") ?? "";
      expect(new URL(location, app.origin).origin).toBe(app.origin);
    },
  );
});

describe("no response allows another site to read it (Fetch standard, CORS protocol)", () => {
  test.each([
    ["GET", "/backend/x"],
    ["POST", "/backend/x"],
    ["OPTIONS", "/backend/x"],
    ["GET", "/api/auth/get-session"],
    ["OPTIONS", "/api/auth/get-session"],
    ["POST", "/api/auth/sign-out"],
    ["GET", "/api/health"],
    ["OPTIONS", "/api/nowhere"],
    ["GET", "/device"],
    ["OPTIONS", "/device"],
    ["GET", "/"],
  ])("%s %s", async (method, path) => {
    for (const cookie of [member.cookieHeader, ""]) {
      const response = await fetch(app.origin + path, {
        method,
        redirect: "manual",
        headers: {
          cookie,
          origin: FOREIGN,
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type",
        },
      });
      const names = [...response.headers.keys()].filter((name) => name.startsWith("access-control-"));
      expect(names).toEqual([]);
    }
  });
});
