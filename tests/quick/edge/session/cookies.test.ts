import { describe, expect, it, test } from "vitest";
import { readSessionCookies, sessionCookieNames } from "../../../../edge/session/cookies";

const names = sessionCookieNames(false);
const read = (header: string | null) => readSessionCookies(header, names);

test.each([
  ["no header", null],
  ["other cookies", "a=b; c=d"],
  ["the cache without the token", "better-auth.session_data=x"],
  ["an empty token", "better-auth.session_token="],
  ["the name inside another", "xbetter-auth.session_token=x"],
  ["the name inside a value", "a=better-auth.session_token"],
  ["the name on https", "__Secure-better-auth.session_token=x"],
])("%s is no session", (_, header) => {
  expect(read(header)).toBeUndefined();
});

describe("the session cookies", () => {
  it("are found among others", () => {
    const cookies = read("a=b; better-auth.session_token=t.s%3D; c=d;better-auth.session_data=j.w.t");
    expect(cookies).toMatchObject({ token: "t.s%3D", data: "j.w.t" });
  });

  it("have the Secure prefix on https", () => {
    const header = "better-auth.session_token=plain; __Secure-better-auth.session_token=secure";
    expect(readSessionCookies(header, sessionCookieNames(true))?.token).toBe("secure");
  });

  it("are the first ones of each name", () => {
    expect(read("better-auth.session_token=1; better-auth.session_token=2")?.token).toBe("1");
  });

  it("contain no cookie cache that Better Auth has split into chunks, because it is too long", () => {
    const header = "better-auth.session_data.0=a; better-auth.session_token=t; better-auth.session_data.1=b";
    expect(read(header)).toEqual({ token: "t", data: undefined });
  });
});
