import { describe, expect, it, test } from "vitest";
import { readAnswer } from "../../../scripts/checks/conform/answer";
import { checks } from "../../../scripts/checks/conform/checks";
import { Jar } from "../../../scripts/checks/conform/jar";
import { explainSignUp } from "../../../scripts/checks/conform/world";

/** The parts of `npm run conform` that need no network. */

describe("an answer on the wire", () => {
  const read = (bytes: string, ended = false) => readAnswer(bytes, { isHead: false, ended });

  test.each([
    ["by its length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", ""],
    [
      "in chunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
      "ok",
      "",
    ],
    [
      "with another one after it",
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK",
      "",
      "HTTP/1.1 200 OK",
    ],
    [
      "after an interim one",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
      "x",
      "",
    ],
  ])("is whole %s", (_, bytes, body, rest) => {
    expect(read(bytes)).toMatchObject({ status: 200, body, rest });
    if (!rest) expect(read(bytes.slice(0, -1))).toBeUndefined();
  });

  it("of no length is whole when the connection ends", () => {
    const bytes = "HTTP/1.1 200 OK\r\n\r\nok";
    expect(read(bytes)).toBeUndefined();
    expect(read(bytes, true)).toMatchObject({ body: "ok" });
  });

  test.each([101, 204, 304])("of status %i has no body", (status) => {
    expect(read(`HTTP/1.1 ${status} X\r\nContent-Length: 5\r\n\r\n`)).toMatchObject({ status, body: "" });
  });

  it("keeps headers of one name apart", () => {
    const { headers } = read("HTTP/1.1 204 X\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n") ?? {};
    expect(headers).toEqual([
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ]);
  });
});

it("a jar keeps what is set, drops what is taken back, and knows the session", () => {
  const jar = new Jar();
  jar.keep(["__Secure-better-auth.session_token=abc.s%3D; Path=/", "x=1", "y=2"]);
  jar.keep(["x=; Max-Age=0"]);
  expect(jar.header).toBe("__Secure-better-auth.session_token=abc.s%3D; y=2");
  expect(jar.session.name).toBe("__Secure-better-auth.session_token");
  expect(jar.rawToken).toBe("abc");
});

test.each([
  [429, "", /too many sign-ups. Wait a minute/],
  [400, '{"code":"EMAIL_PASSWORD_SIGN_UP_DISABLED"}', /sign-up is closed/],
  [403, '{"code":"INVALID_ORIGIN"}', /another address/],
  [404, "<html>", /not a Gatehouse app/],
])("a sign-up that ends with %i %s is explained", (status, body, line) => {
  expect(explainSignUp("https://x.example", { status, body })).toMatch(line);
});

describe("the checks", () => {
  it("have names of their own", () => {
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    expect(new Set(checks.map(({ title }) => title)).size).toBe(checks.length);
  });

  test.each(checks.map(({ id, source }) => [id, source]))("%s names a section: %s", (_, source) => {
    expect(source).toMatch(
      /^(RFC \d+ §|OWASP (ASVS v5 \d+\.\d+\.\d+|.+ Cheat Sheet, )|CWE-\d|CVE-\d|W3C .+ §|CSP .+ §)/,
    );
  });
});
