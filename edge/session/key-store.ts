import { hashApiKey } from "../../lib/auth/api-key";
import type { DatabaseAddress } from "../../lib/database-protocol";
import type { UserRecord } from "../../lib/token/claims";
import { type Identity, identityOf } from "../../lib/token/contract";
import { readRecord } from "./lookup";
import { createNeonQuery } from "./neon";
import { type Fields, keyFields, keyStatement, userTableFields } from "./statement";
import type { StoreEffects } from "./store";

/** What an API key stands for. `expiresAt`: milliseconds since the epoch. */
export interface StoredKey {
  readonly identity: Identity;
  readonly expiresAt: number;
}

/**
 * Looks up an API key in the store. Undefined: there is no such key, it has expired or was revoked,
 * or its user is banned.
 *
 * @throws the returned promise rejects when the store fails or does not respond
 */
export type KeyStore = (key: string) => Promise<StoredKey | undefined>;

/** A row of the key table, as the statement returns it. */
interface KeyRecord {
  readonly id: string;
  readonly scope: string;
  readonly expiresAt: Date;
}

/**
 * The API keys on Neon Postgres: one HTTP request with one SQL statement.
 *
 * @param userFields the columns of the user table. Tests pass custom fields of their own.
 */
export function createKeyStore(
  env: DatabaseAddress,
  effects: StoreEffects,
  userFields: Fields = userTableFields,
): KeyStore {
  const runQuery = createNeonQuery(env, effects);
  const statement = keyStatement(userFields);

  return async (key) => {
    const now = effects.now();
    const [row] = await runQuery(statement, [await hashApiKey(key), new Date(now).toISOString()]);
    if (!row) return undefined;
    const [keyText, userText] = row;
    const { id, scope, expiresAt } = (await readRecord(keyText, keyFields)) as KeyRecord;
    const user = (await readRecord(userText, userFields)) as UserRecord;
    if (isBanned(user, now)) return undefined;
    // No `createdAt`: a key is no sign-in, so an endpoint that needs a recent one refuses it.
    const identity = { ...identityOf(user, { id }), scope, clientId: id };
    return { identity, expiresAt: expiresAt.getTime() };
  };
}

/**
 * Better Auth's `admin` plugin ends a banned user's sessions, and does not know of keys. The columns
 * are read where `userFields` of `lib/token/claims.ts` has them.
 */
function isBanned({ banned, banExpires }: UserRecord, now: number): boolean {
  return banned === true && !(banExpires instanceof Date && banExpires.getTime() <= now);
}
