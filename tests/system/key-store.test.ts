import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createKeyStore } from "../../edge/session/key-store";
import { type Fields, keyFields, userTableFields } from "../../edge/session/statement";
import { createApiKey, hashApiKey } from "../../lib/auth/api-key";
import { parseEnv } from "../../lib/env";
import { apiKeys } from "../../lib/server/auth/api-keys";
import { customClaimsOf } from "../../lib/token/claims";
import { type Database, startDatabase, testEnv } from "../../scripts/stack/test-stack";

/** The gate's lookup of API keys, on a real Postgres with the tables of `npm run migrate`. */

const NOW = Date.UTC(2026, 5, 1, 12, 0, 0, 123);
const MINUTE = 60_000;
const DAY = 86_400_000;

let database: Database;
let sql: Client;
let key: string;

beforeAll(async () => {
  database = await startDatabase();
  sql = new Client(database.url);
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await database?.stop();
});
beforeEach(async () => {
  await sql.query('delete from "apiKey"; delete from "user"');
  await sql.query(
    `insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
     values ('user-1', 'Ada', 'ada@example.com', true, $1, $1)`,
    [new Date(NOW)],
  );
  key = createApiKey();
  await storeKey("key-1", key);
});

async function storeKey(id: string, text: string, more: { expiresAt?: Date; lastUsedAt?: Date } = {}) {
  const { expiresAt = new Date(NOW + DAY), lastUsedAt = null } = more;
  await sql.query(
    `insert into "apiKey" (id, name, start, hash, scope, "userId", "createdAt", "expiresAt", "lastUsedAt")
     values ($1, 'CI', 'gate_abcd', $2, 'tasks:read tasks:write', 'user-1', $3, $4, $5)`,
    [id, await hashApiKey(text), new Date(NOW - DAY), expiresAt, lastUsedAt],
  );
}

const storeAt = (now: number, fields?: Fields) =>
  createKeyStore(
    parseEnv(testEnv(database.env)),
    { fetch, now: () => now, startTimer: () => () => {} },
    fields,
  );

async function lastUsed(id = "key-1"): Promise<number | undefined> {
  const { rows } = await sql.query('select "lastUsedAt" from "apiKey" where id = $1', [id]);
  return rows[0].lastUsedAt?.getTime();
}

describe("the store of API keys", () => {
  it("returns the user, with the scope and the id of the key, and when the key expires", async () => {
    expect(await storeAt(NOW)(key)).toEqual({
      identity: {
        userId: "user-1",
        email: "ada@example.com",
        name: "Ada",
        emailVerified: true,
        sessionId: "key-1",
        scope: "tasks:read tasks:write",
        clientId: "key-1",
        custom: customClaimsOf({ id: "user-1", email: "ada@example.com", name: "Ada" }),
      },
      expiresAt: NOW + DAY,
    });
  });

  it("knows no other key, and not the hash of a key", async () => {
    expect(await storeAt(NOW)(createApiKey())).toBeUndefined();
    expect(await storeAt(NOW)(await hashApiKey(key))).toBeUndefined();
  });

  it("knows no key that has expired, from that millisecond on", async () => {
    expect(await storeAt(NOW + DAY - 1)(key)).toBeDefined();
    expect(await storeAt(NOW + DAY)(key)).toBeUndefined();
  });

  it("knows no key whose user was deleted, and deletes it with the user", async () => {
    await sql.query('delete from "user"');
    expect(await storeAt(NOW)(key)).toBeUndefined();
    expect((await sql.query('select id from "apiKey"')).rows).toEqual([]);
  });

  it("writes when a key was last used, at most once a minute", async () => {
    expect(await lastUsed()).toBeUndefined();
    await storeAt(NOW)(key);
    expect(await lastUsed()).toBe(NOW);
    await storeAt(NOW + MINUTE - 1)(key);
    expect(await lastUsed()).toBe(NOW);
    await storeAt(NOW + MINUTE)(key);
    expect(await lastUsed()).toBe(NOW + MINUTE);
  });

  it("writes nothing for a key that has expired, and nothing for other keys", async () => {
    await storeKey("key-2", createApiKey());
    await storeAt(NOW)(key);
    expect(await lastUsed("key-2")).toBeUndefined();
    await storeAt(NOW + 2 * DAY)(key);
    expect(await lastUsed()).toBe(NOW);
  });

  it("rejects while the database does not respond", async () => {
    const env = parseEnv(testEnv({ NEON_ENDPOINT: "http://127.0.0.1:9" }));
    const store = createKeyStore(env, { fetch, now: () => NOW, startTimer: () => () => {} });
    await expect(store(key)).rejects.toThrow();
  });

  describe("with the columns of Better Auth's admin plugin", () => {
    const fields: Fields = {
      ...userTableFields,
      banned: { type: "boolean" },
      banExpires: { type: "date" },
      role: { type: "string" },
    };
    beforeAll(async () => {
      await sql.query(
        'alter table "user" add column banned boolean, add column "banExpires" timestamptz, add column if not exists role text',
      );
    });
    afterAll(async () => {
      await sql.query('alter table "user" drop column banned, drop column "banExpires", drop column role');
    });

    it.each([
      ["knows no key of a banned user", true, null, false],
      ["knows no key of a user who is banned until tomorrow", true, new Date(NOW + DAY), false],
      ["knows a key of a user whose ban has ended", true, new Date(NOW), true],
      ["knows a key of a user who is not banned", false, null, true],
    ])("%s", async (_, banned, until, isKnown) => {
      await sql.query(`update "user" set banned = $1, "banExpires" = $2, role = 'admin'`, [banned, until]);
      const found = await storeAt(NOW, fields)(key);
      expect(found !== undefined).toBe(isKnown);
      if (found) expect(found.identity.role).toBe("admin");
    });
  });
});

it("the statement reads columns of the table that Better Auth creates", () => {
  expect(Object.keys(apiKeys().schema.apiKey.fields)).toEqual(
    expect.arrayContaining(Object.keys(keyFields).filter((name) => name !== "id")),
  );
});
