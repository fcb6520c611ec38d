import { describe, expect, it, test } from "vitest";
import { type Backend, routes } from "../../../lib/routes";
import { CheckSkipped } from "../../../scripts/checks/check";
import { explainSignUp } from "../../../scripts/checks/conform/account";
import { fetchMe } from "../../../scripts/checks/conform/assertions";
import { forEachBackend, userPathOf } from "../../../scripts/checks/conform/backends";
import { checks } from "../../../scripts/checks/conform/checks";
import type { Context } from "../../../scripts/checks/conform/context";
import { CookieJar } from "../../../scripts/checks/conform/cookie-jar";
import { readResponse } from "../../../scripts/checks/read-response";

/** The parts of `npm run conform` that need no network. */

describe("readResponse", () => {
  const read = (bytes: string, ended = false) => readResponse(bytes, { isHead: false, ended });

  it("reads no response with an invalid chunk size", () => {
    expect(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nok\r\n")).toBeUndefined();
  });

  test.each([
    ["by its Content-Length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", ""],
    [
      "by its chunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
      "ok",
      "",
    ],
    [
      "with another response after it",
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK",
      "",
      "HTTP/1.1 200 OK",
    ],
    [
      "after an interim response",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
      "x",
      "",
    ],
  ])("recognizes a complete response %s", (_, bytes, body, rest) => {
    expect(read(bytes)).toMatchObject({ status: 200, body, rest });
    if (!rest) expect(read(bytes.slice(0, -1))).toBeUndefined();
  });

  it("takes a response without a length as complete when the connection ends", () => {
    const bytes = "HTTP/1.1 200 OK\r\n\r\nok";
    expect(read(bytes)).toBeUndefined();
    expect(read(bytes, true)).toMatchObject({ body: "ok" });
  });

  test.each([101, 204, 304])("reads no body after status %i", (status) => {
    expect(read(`HTTP/1.1 ${status} X\r\nContent-Length: 5\r\n\r\n`)).toMatchObject({ status, body: "" });
  });

  it.each(["", "garbage\r\n\r\n", "HTTP/2 200 OK\r\n\r\n"])("reads no response from %j", (bytes) => {
    expect(read(bytes, true)).toBeUndefined();
  });

  it("keeps repeated headers separate", () => {
    const { headers } = read("HTTP/1.1 204 X\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n") ?? {};
    expect(headers).toEqual([
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ]);
  });
});

it("CookieJar stores cookies, removes cleared ones, and finds the session token", () => {
  const jar = new CookieJar();
  jar.store(["__Secure-better-auth.session_token=abc.s%3D; Path=/", "x=1", "y=2"]);
  jar.store(["x=; Max-Age=0"]);
  expect(jar.header).toBe("__Secure-better-auth.session_token=abc.s%3D; y=2");
  expect(jar.sessionToken.name).toBe("__Secure-better-auth.session_token");
  expect(jar.rawSessionToken).toBe("abc");
});

test.each([
  [429, "", /too many sign-ups. Wait a minute/],
  [400, '{"code":"EMAIL_PASSWORD_SIGN_UP_DISABLED"}', /sign-up is closed/],
  [403, '{"code":"INVALID_ORIGIN"}', /another address/],
  [404, "<html>", /not a Gatehouse app/],
  [503, '{"code":"gate_unavailable"}', /database does not work.*npm run doctor -- https:\/\/x\.example/],
])("explainSignUp explains status %i with the body %s", (status, body, line) => {
  expect(explainSignUp("https://x.example", { status, body })).toMatch(line);
});

describe("a check of each backend", () => {
  const both: Backend[] = [
    { prefix: "/backend", address: "BACKEND_URL", access: [] },
    { prefix: "/team/reports", address: "REPORTS_URL", audience: "reports-api", access: [] },
  ];
  const received: unknown[] = [];
  const made = forEachBackend(
    {
      ...{ id: "matrix.me", title: "it works", source: "RFC 1 §1" },
      run: async (_, path, { prefix }) => void received.push([prefix, path]),
    },
    both,
  );

  it("has the id and the title of the check, and the backend's name after the first one", () => {
    expect(made.map(({ id, title, source }) => [id, title, source])).toEqual([
      ["matrix.me", "it works", "RFC 1 §1"],
      ["matrix.me.team-reports", "it works (/team/reports)", "RFC 1 §1"],
    ]);
  });

  it("receives its backend, and a path of it", async () => {
    for (const { run } of made) await run({ paths: [] as readonly string[] } as Context);
    expect(received).toEqual([
      ["/backend", "/backend/api/me"],
      ["/team/reports", "/team/reports/api/me"],
    ]);
  });

  it("has the path of --path for the first backend", () => {
    const [first] = routes.backends;
    expect(userPathOf(first, { paths: ["/api/whoami"] })).toBe(`${first.prefix}/api/whoami`);
  });
});

describe("fetchMe", () => {
  const fetchFrom = (status: number, body: string) => {
    const response = { status, body, headers: new Headers(), setCookies: [], rest: "" };
    return fetchMe(async () => response, "/reports/api/summary");
  };
  const email = "conform-0123456789abcdef@example.com";

  test.each([
    ["the reference's user", `{"id":"1","email":"ada@example.com"}`, { id: "1", email: "ada@example.com" }],
    ["a throw-away email anywhere in the response", `{"owner":"${email}","open":3}`, { email }],
    ["a throw-away email in HTML", `<p>${email}</p>`, { email }],
  ])("finds %s", async (_, body, me) => {
    expect((await fetchFrom(200, body)).me).toMatchObject(me);
  });

  it("finds no user in a refusal", async () => {
    expect(await fetchFrom(401, `{"email":"${email}"}`)).not.toHaveProperty("me");
  });

  test.each([
    [404, "{}", "the backend has no GET /reports/api/summary; give a path"],
    [200, `{"ok":true}`, "GET /reports/api/summary names no user; give a path"],
    [200, `{"owner":"ada@example.com"}`, "GET /reports/api/summary names no user; give a path"],
  ])("skips the check after %i %s", async (status, body, reason) => {
    await expect(fetchFrom(status, body)).rejects.toThrow(CheckSkipped);
    await expect(fetchFrom(status, body)).rejects.toThrow(reason);
  });
});

describe("the checks of conform", () => {
  it("have unique ids and titles", () => {
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    expect(new Set(checks.map(({ title }) => title)).size).toBe(checks.length);
  });

  test.each(checks.map(({ id, source }) => [id, source]))(
    "%s has a source with a section: %s",
    (_, source) => {
      expect(source).toMatch(
        /^(RFC \d+ §|OWASP (ASVS v5 \d+\.\d+\.\d+|.+ Cheat Sheet, )|CWE-\d|CVE-\d|W3C .+ §|CSP .+ §)/,
      );
    },
  );
});
