import { describe, expect, it, test } from "vitest";
import { explainSignUp } from "../../../scripts/checks/conform/account";
import { checks } from "../../../scripts/checks/conform/checks";
import { CookieJar } from "../../../scripts/checks/conform/cookie-jar";
import { readResponse } from "../../../scripts/checks/read-response";

/** The parts of `npm run conform` that need no network. */

describe("readResponse", () => {
  const read = (bytes: string, ended = false) => readResponse(bytes, { isHead: false, ended });

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
