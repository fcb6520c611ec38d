import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createApiKey, hashApiKey, isApiKey, startOfApiKey } from "../../../../lib/auth/api-key";

describe("an API key", () => {
  it("is new each time, and has the form of a key", () => {
    const keys = Array.from({ length: 200 }, createApiKey);
    expect(new Set(keys).size).toBe(200);
    expect(keys.filter((key) => !/^gate_[A-Za-z0-9]{40}[0-9a-f]{8}$/.test(key))).toEqual([]);
    expect(keys.filter((key) => !isApiKey(key))).toEqual([]);
    // Each of the 62 characters occurs: 8,000 random characters miss one with a chance of 1e-54.
    expect(new Set(keys.flatMap((key) => [...key.slice(5, 45)])).size).toBe(62);
  });

  it("ends with the CRC-32 of the rest", () => {
    const key = createApiKey();
    expect(key.slice(-8)).toBe(crc32(key.slice(0, -8)).toString(16).padStart(8, "0"));
  });

  it("is refused with any one character changed, left out or added", () => {
    const key = createApiKey();
    for (let at = 0; at < key.length; at++) {
      const other = key[at] === "a" ? "b" : "a";
      expect(isApiKey(key.slice(0, at) + other + key.slice(at + 1)), `changed at ${at}`).toBe(false);
      expect(isApiKey(key.slice(0, at) + key.slice(at + 1)), `left out at ${at}`).toBe(false);
    }
    for (const text of ["", `${key} `, `${key}\n`, key.toUpperCase(), `x${key}`]) {
      expect(isApiKey(text), text).toBe(false);
    }
  });

  it("is stored as its SHA-256, and shown by its first characters", async () => {
    const key = createApiKey();
    expect(await hashApiKey(key)).toBe(createHash("sha256").update(key).digest("hex"));
    expect(startOfApiKey(key)).toBe(key.slice(0, 9));
  });
});
