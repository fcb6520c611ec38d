import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { identityOf } from "../../lib/contract";
import { createMinter, createPurposeMinter } from "../../lib/mint";
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
  vectors: Vector[];
}

const file = new URL("vectors.json", import.meta.url);
const { issuer, audience, keys, vectors } = JSON.parse(readFileSync(file, "utf8")) as Vectors;
const ringOf = (names: readonly string[]) => names.map((name) => keys[name] ?? "");

describe("the contract's vectors, by jose", () => {
  it("are there, good ones and bad ones", () => {
    expect(vectors.filter(({ valid }) => valid).length).toBeGreaterThan(5);
    expect(vectors.filter(({ valid }) => !valid).length).toBeGreaterThan(30);
  });

  test.each(vectors.map((vector) => [vector.name, vector] as const))("%s", async (_, vector) => {
    const { token, ring, now, valid, code, user, purpose } = vector;
    const verified = verifyToken(token, { keys: ringOf(ring), issuer, audience, now, purpose });
    if (valid) expect(await verified).toEqual(user);
    else await expect(verified).rejects.toMatchObject({ code });
  });
});

it("what the gate mints is valid, and one key of the ring is enough to verify it", async () => {
  const ring = ringOf(["current", "next"]);
  const mint = createMinter({ keys: ring, issuer, audience, ttlSeconds: 300 }, () => "id-1");
  const who = identityOf({ id: "user-1", email: "ada@example.com", name: "Ada Ü" }, { id: "session-1" });
  const now = 1_790_000_000;
  const { jwt } = await mint(who, now * 1000);
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
