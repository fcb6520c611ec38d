import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { startEchoUpstream } from "../support/echo-upstream";
import { type App, startApp } from "../support/stack";
import { Visitor } from "../support/visitor";

/** What a page of another site can have a signed-in visitor's browser do: nothing that changes anything, and read nothing. */

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

describe.each(["POST", "PUT", "PATCH", "DELETE"])("%s", (method) => {
  test.each<[sentence: string, headers: Record<string, string>]>([
    ["of another site", { "sec-fetch-site": "cross-site", origin: FOREIGN }],
    ["of a sister domain", { "sec-fetch-site": "same-site", origin: "https://sister.app.example" }],
    ["of another site, in a browser without Fetch Metadata", { origin: FOREIGN }],
    ["of a sandboxed frame", { origin: "null" }],
    ["that claims our origin and is said to be of another site", { "sec-fetch-site": "cross-site" }],
  ])("%s is refused before it is forwarded", async (_, headers) => {
    const response = await member.fetch("/backend/x", { method, headers });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: "gate_cross_site" });
    expect(echo.arrived).toEqual([]);
  });

  it("of our own page is forwarded", async () => {
    const headers = { "sec-fetch-site": "same-origin", origin: app.origin };
    expect((await member.fetch("/backend/x", { method, headers })).status).toBe(200);
  });
});

describe("another site is never told that it may read an answer (Fetch standard, CORS protocol)", () => {
  test.each([
    ["GET", "/backend/x"],
    ["POST", "/backend/x"],
    ["OPTIONS", "/backend/x"],
    ["GET", "/api/auth/get-session"],
    ["OPTIONS", "/api/auth/get-session"],
    ["POST", "/api/auth/sign-out"],
    ["GET", "/api/health"],
    ["OPTIONS", "/api/nowhere"],
    ["GET", "/dashboard"],
    ["OPTIONS", "/dashboard"],
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
