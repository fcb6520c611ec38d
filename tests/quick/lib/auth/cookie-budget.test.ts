import { describe, expect, it } from "vitest";
import { boundSessionData } from "../../../../lib/auth/cookie-budget";

const NAME = "better-auth.session_data";
const setting = (value: string, name = NAME) =>
  `${name}=${value}; Max-Age=60; Path=/; HttpOnly; SameSite=Lax`;
const expiry = (name = NAME) => `${name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`;
const token = "better-auth.session_token=t.s; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax";

describe("a cookie cache", () => {
  it("that is short enough does not change", () => {
    const cookies = [token, setting("x".repeat(3_400))];
    expect(boundSessionData(`${NAME}=old`, cookies)).toEqual(cookies);
  });

  it("that is set twice in one response is set once, to the last value", () => {
    const [first, last] = [setting("x".repeat(2_000)), setting("y".repeat(2_000))];
    expect(boundSessionData(null, [first, token, last])).toEqual([token, last]);
  });

  it("that is too long is not set, and the old one expires", () => {
    expect(boundSessionData(`a=b; ${NAME}=old`, [token, setting("x".repeat(3_500))])).toEqual([
      token,
      expiry(),
    ]);
  });

  it("that Better Auth has split into chunks is not set", () => {
    const pieces = [0, 1, 2].map((index) => setting("x".repeat(3_900), `${NAME}.${index}`));
    expect(boundSessionData(null, [token, ...pieces])).toEqual([token]);
  });

  it("is not set in short chunks, either", () => {
    const pieces = [0, 1].map((index) => setting("x".repeat(1_900), `${NAME}.${index}`));
    expect(boundSessionData(null, pieces)).toEqual([]);
  });
});

describe("chunks that the browser still has", () => {
  const held = `${NAME}.0=a; ${NAME}.1=b; better-auth.session_token=t.s`;

  it("expire with any response", () => {
    expect(boundSessionData(held, [])).toEqual([expiry(`${NAME}.0`), expiry(`${NAME}.1`)]);
  });

  it("expire once, if Better Auth expires some of them itself", () => {
    const own = `${NAME}.0=; Max-Age=0; Path=/`;
    expect(boundSessionData(held, [own])).toEqual([own, expiry(`${NAME}.1`)]);
  });

  it("have the Secure prefix on https, and expire with it", () => {
    expect(boundSessionData(`__Secure-${NAME}.3=a`, [])).toEqual([
      `__Secure-${NAME}.3=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax`,
    ]);
  });
});

it("a cookie with another name does not change", () => {
  const cookies = [setting("x".repeat(5_000), `my-${NAME}`)];
  expect(boundSessionData(`${NAME}x.1=a; x${NAME}.1=b`, cookies)).toEqual(cookies);
});
