import { decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { createTokenSource } from "../../../../edge/upstream/token";
import { identityOf, keyId } from "../../../../lib/token/contract";
import { createMinter } from "../../../../lib/token/mint";
import { JWT_KEY } from "../../../../scripts/stack/signing";

const START = Date.UTC(2026, 0, 1);
const ada = identityOf({ id: "user-1", email: "ada@example.com", name: "Ada Ü" }, { id: "session-1" });
const config = {
  keys: [JWT_KEY, "the-next-key-the-next-key-the-next-key"],
  issuer: "phase2-web",
  audience: "phase2-api",
  ttlSeconds: 300,
};

let time: number;
beforeEach(() => {
  time = START;
});

function source() {
  let count = 0;
  const mint = createMinter(config, () => `id-${++count}`);
  const tokenFor = createTokenSource(
    mint,
    () => time,
    () => () => {},
  );
  return { tokenFor, minted: () => count };
}

describe("a minted token", () => {
  it("holds what the contract says, signed with the first key of the ring", async () => {
    const token = await source().tokenFor(ada);
    expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256", typ: "JWT", kid: await keyId(JWT_KEY) });
    const { payload } = await jwtVerify(token, new TextEncoder().encode(JWT_KEY), {
      currentDate: new Date(START),
    });
    expect(payload).toEqual({
      iss: "phase2-web",
      aud: "phase2-api",
      sub: "user-1",
      email: "ada@example.com",
      name: "Ada Ü",
      sid: "session-1",
      jti: "id-1",
      iat: START / 1000,
      exp: START / 1000 + 300,
    });
  });
});

it("names a key by the first 16 hex digits of its SHA-256", async () => {
  // FIPS 180-4: the digest of "abc" in its own example.
  expect(await keyId("abc")).toBe("ba7816bf8f01cfea");
});

describe("a session's token", () => {
  it("is reused, at once, until half its life is gone", async () => {
    const { tokenFor } = source();
    const first = await tokenFor(ada);
    time = START + 149_999;
    expect(tokenFor(ada)).toBe(first);
    time = START + 150_000;
    expect(await tokenFor(ada)).not.toBe(first);
  });

  it("is minted once for a thousand requests at once", async () => {
    const { tokenFor, minted } = source();
    const tokens = await Promise.all(Array.from({ length: 1000 }, () => tokenFor(ada)));
    expect(new Set(tokens).size).toBe(1);
    expect(minted()).toBe(1);
  });

  it("is not another session's", async () => {
    const { tokenFor } = source();
    expect(await tokenFor(ada)).not.toBe(await tokenFor({ ...ada, sessionId: "session-2" }));
  });

  it("states a new name at once", async () => {
    const { tokenFor } = source();
    await tokenFor(ada);
    expect(decodeJwt(await tokenFor({ ...ada, name: "Countess" })).name).toBe("Countess");
  });

  it("is minted each time where it would fill the memory", async () => {
    const { tokenFor, minted } = source();
    const large = { ...ada, name: "x".repeat(4_096) };
    await tokenFor(large);
    await tokenFor(large);
    expect(minted()).toBe(2);
  });
});

it("a token from before the clock stepped back is not reused", async () => {
  const { tokenFor, minted } = source();
  await tokenFor(ada);
  time = START - 3_600_000;
  const token = await tokenFor(ada);
  expect(minted()).toBe(2);
  expect(decodeJwt(token).iat).toBe(time / 1000);
});
