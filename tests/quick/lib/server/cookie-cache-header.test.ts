import { describe, expect, it } from "vitest";
import { isRecent } from "../../../../lib/is-recent";
import { withoutCookieCache, withoutStaleCookieCache } from "../../../../lib/server/auth/cookie-cache-header";
import { signCookieCache } from "../../../../scripts/stack/signing";

const NOW = Date.UTC(2026, 0, 1);

describe("withoutCookieCache", () => {
  it.each([
    ["better-auth.session_data=a.b.c", ""],
    ["theme=dark; better-auth.session_data=a.b.c; x=1", "theme=dark; x=1"],
    ["__Secure-better-auth.session_data=a; __Secure-better-auth.session_data.0=b", ""],
    ["better-auth.session_data.0=a;better-auth.session_data.12=b;t=1", "t=1"],
    [
      "better-auth.session_token=t; better-auth.session_database=1",
      "better-auth.session_token=t; better-auth.session_database=1",
    ],
    ["  better-auth.session_data = a ; t=1", "t=1"],
    ["", ""],
  ])("turns %j into %j", (header, expected) => {
    expect(withoutCookieCache(header)).toBe(expected);
  });
});

describe("withoutStaleCookieCache", () => {
  const keep = async (age: number, maxStale = 60_000) => {
    const cache = await signCookieCache({ token: "abc", updatedAt: NOW - age, maxAgeSeconds: 300 });
    const header = `better-auth.session_data=${cache}`;
    return withoutStaleCookieCache(header, NOW, maxStale) === header;
  };

  it.each([
    ["new", 0, true],
    ["a second younger than the bound", 59_000, true],
    ["as old as the bound", 60_000, false],
    ["signed for 300 seconds and older than the bound", 200_000, false],
    ["from the future", -1_000, false],
  ])("a cache that is %s", async (_, age, kept) => {
    expect(await keep(age)).toBe(kept);
  });

  it("drops every cache when the bound is 0", async () => {
    expect(await keep(0, 0)).toBe(false);
  });

  it.each(["", "x", "a.b.c", "e30.e30.e30"])("drops %j, which is not a JWT with a time", (value) => {
    expect(withoutStaleCookieCache(`better-auth.session_data=${value}; t=1`, NOW, 60_000)).toBe("t=1");
  });
});

it.each([
  [0, true],
  [999, true],
  [1_000, false],
  [-1, false],
])("isRecent: an age of %i ms with a limit of 1000", (age, expected) => {
  expect(isRecent(NOW - age, NOW, 1_000)).toBe(expected);
});
