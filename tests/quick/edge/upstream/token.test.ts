import { decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { beforeEach, describe, expect, it } from "vitest";
import { createTokenSource } from "../../../../edge/upstream/token";
import { identityOf, keyId } from "../../../../lib/token/contract";
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

function createSource() {
  let count = 0;
  const tokens = createTokenSource({
    jwt: config,
    sessionMaxStaleSeconds: 60,
    now: () => time,
    startTimer: () => () => {},
    randomId: () => `id-${++count}`,
  });
  return { getToken: tokens.get, countMinted: () => count };
}

describe("a minted token", () => {
  it("contains the claims of the contract, signed with the first key of the ring", async () => {
    const token = await createSource().getToken(ada);
    expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256", typ: "JWT", kid: await keyId(JWT_KEY) });
    const { payload } = await jwtVerify(token, new TextEncoder().encode(JWT_KEY), {
      currentDate: new Date(START),
    });
    expect(payload).toEqual({
      // Those of lib/token/claims.ts.
      ...ada.custom,
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

describe("the optional claims of a token", () => {
  const claimsOf = async (identity: typeof ada) => decodeJwt(await createSource().getToken(identity));
  const optional = { authTime: START / 1000 - 60, role: "admin", scope: "tasks:read", clientId: "key-1" };

  it("are those of the identity", async () => {
    expect(await claimsOf({ ...ada, ...optional })).toMatchObject({
      auth_time: START / 1000 - 60,
      role: "admin",
      scope: "tasks:read",
      client_id: "key-1",
    });
  });

  it("cannot be made by custom claims with their names", async () => {
    const forged = { auth_time: 1, role: "admin", scope: "tasks:read", client_id: "key-1" };
    const claims = await claimsOf({ ...ada, custom: { ...ada.custom, ...forged } });
    for (const name of Object.keys(forged)) expect(claims).not.toHaveProperty(name);
  });

  it.each(Object.entries(optional))(
    "are current in the next request when %s changes",
    async (name, value) => {
      const { getToken, countMinted } = createSource();
      await getToken(ada);
      await getToken({ ...ada, [name]: value });
      await getToken(ada);
      expect(countMinted()).toBe(3);
    },
  );
});

it("the ID of a key is the first 16 hex digits of its SHA-256", async () => {
  // FIPS 180-4: the digest of "abc" in its own example.
  expect(await keyId("abc")).toBe("ba7816bf8f01cfea");
});

describe("the token of a session", () => {
  it("is reused without a promise until half of its lifetime has passed", async () => {
    const { getToken } = createSource();
    const first = await getToken(ada);
    time = START + 149_999;
    expect(getToken(ada)).toBe(first);
    time = START + 150_000;
    expect(await getToken(ada)).not.toBe(first);
  });

  it("is minted once for a thousand simultaneous requests", async () => {
    const { getToken, countMinted } = createSource();
    const tokens = await Promise.all(Array.from({ length: 1000 }, () => getToken(ada)));
    expect(new Set(tokens).size).toBe(1);
    expect(countMinted()).toBe(1);
  });

  it("is not that of another session", async () => {
    const { getToken } = createSource();
    expect(await getToken(ada)).not.toBe(await getToken({ ...ada, sessionId: "session-2" }));
  });

  it("contains a changed name in the next request", async () => {
    const { getToken } = createSource();
    await getToken(ada);
    expect(decodeJwt(await getToken({ ...ada, name: "Countess" })).name).toBe("Countess");
  });

  it("is minted for each request if it is too long to be kept", async () => {
    const { getToken, countMinted } = createSource();
    const large = { ...ada, name: "x".repeat(4_096) };
    await getToken(large);
    await getToken(large);
    expect(countMinted()).toBe(2);
  });
});

it("a token is not reused after the clock has stepped back", async () => {
  const { getToken, countMinted } = createSource();
  await getToken(ada);
  time = START - 3_600_000;
  const token = await getToken(ada);
  expect(countMinted()).toBe(2);
  expect(decodeJwt(token).iat).toBe(time / 1000);
});
