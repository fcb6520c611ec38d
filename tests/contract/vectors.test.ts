import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { identityOf } from "../../lib/token/contract";
import { createMinter } from "../../lib/token/mint";
import { verifyToken } from "./verify-token";

interface Vector {
  name: string;
  token: string;
  ring: string[];
  now: number;
  valid: boolean;
  code?: string;
  user?: object;
  purpose?: string;
}

interface Vectors {
  issuer: string;
  audience: string;
  keys: Record<string, string>;
  custom_claims: string[];
  vectors: Vector[];
}

const file = new URL("vectors.json", import.meta.url);
const document = JSON.parse(readFileSync(file, "utf8")) as Vectors;
const { issuer, audience, keys, vectors, custom_claims: customClaims } = document;
const ringOf = (names: readonly string[]) => names.map((name) => keys[name] ?? "");

describe("the contract's verifier with jose", () => {
  it("has vectors of valid and of invalid tokens", () => {
    expect(vectors.filter(({ valid }) => valid).length).toBeGreaterThan(5);
    expect(vectors.filter(({ valid }) => !valid).length).toBeGreaterThan(30);
  });

  test.each(vectors.map((vector) => [vector.valid ? "accepts" : "refuses", vector.name, vector] as const))(
    "%s %s",
    async (_verdict, _name, vector) => {
      const { token, ring, now, valid, code, user, purpose } = vector;
      const config = { keys: ringOf(ring), issuer, audience, now, purpose, customClaims };
      const verified = verifyToken(token, config);
      if (valid) expect(await verified).toEqual(user);
      else await expect(verified).rejects.toMatchObject({ code });
    },
  );
});

const now = 1_790_000_000;
const config = { keys: ringOf(["current"]), issuer, audience, ttlSeconds: 300 };
const wanted = { keys: config.keys, issuer, audience, now };
const ada = identityOf({ id: "user-1", email: "ada@example.com", name: "Ada" }, { id: "session-1" });

describe("a token with a purpose", () => {
  const mint = createMinter(config, () => "id-1");
  const purpose = "delete-account";

  it("is valid for that purpose only, and for a minute", async () => {
    const { jwt } = await mint(ada, { issuedAt: now * 1000, purpose });
    const user = await verifyToken(jwt, { ...wanted, purpose: "delete-account" });
    expect(user).toMatchObject({ id: "user-1", expires_at: now + 60 });
    const refusal = { code: "token_wrong_purpose" };
    await expect(verifyToken(jwt, wanted)).rejects.toMatchObject(refusal);
    await expect(verifyToken(jwt, { ...wanted, purpose: "another" })).rejects.toMatchObject(refusal);
  });

  it("lives no longer than the configured lifetime of tokens", async () => {
    const short = createMinter({ ...config, ttlSeconds: 20 }, () => "id-1");
    const { expiresAt } = await short(ada, { issuedAt: now * 1000, purpose });
    expect(expiresAt).toBe((now + 20) * 1000);
  });

  it("cannot be made by a custom claim with the name purpose", async () => {
    const custom = { ...ada.custom, purpose: "delete-account" };
    const { jwt } = await mint({ ...ada, custom }, { issuedAt: now * 1000 });
    expect(await verifyToken(jwt, wanted)).toMatchObject({ id: "user-1", expires_at: now + 300 });
    await expect(verifyToken(jwt, { ...wanted, purpose: "delete-account" })).rejects.toMatchObject({
      code: "token_wrong_purpose",
    });
  });
});

it("a token of the gate is valid, and its first key alone verifies it", async () => {
  const ring = ringOf(["current", "next"]);
  const mint = createMinter({ keys: ring, issuer, audience, ttlSeconds: 300 }, () => "id-1");
  const identity = identityOf({ id: "user-1", email: "ada@example.com", name: "Ada Ü" }, { id: "session-1" });
  const { jwt } = await mint(identity, { issuedAt: now * 1000 });
  const user = {
    id: "user-1",
    email: "ada@example.com",
    name: "Ada Ü",
    session_id: "session-1",
    expires_at: now + 300,
  };
  expect(await verifyToken(jwt, { keys: ring.toReversed(), issuer, audience, now })).toEqual(user);
  expect(await verifyToken(jwt, { keys: ring.slice(0, 1), issuer, audience, now })).toEqual(user);
  await expect(verifyToken(jwt, { keys: ring.slice(1), issuer, audience, now })).rejects.toMatchObject({
    code: "token_wrong_key",
  });
});
