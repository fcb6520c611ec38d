import "server-only";
import type { BetterAuthPlugin } from "better-auth";
import { APIError, createAuthEndpoint, sensitiveSessionMiddleware } from "better-auth/api";
import { createApiKey, hashApiKey, startOfApiKey } from "../../auth/api-key";
import { fieldLimits } from "../../auth/field-limits";
import { sessionLifetime } from "../../auth/session-lifetime";
import { keyScopes } from "../../programs";

/** Keys that a user can have. */
export const MAX_KEYS = 20;
/** The longest life of a key, in days. */
const MAX_KEY_DAYS = 365;
const DAY = 24 * 60 * 60 * 1000;

/** A key as its owner sees it. It does not contain the key itself, which is shown once. */
export interface ApiKeyRecord {
  readonly id: string;
  readonly name: string;
  /** The first characters of the key. */
  readonly start: string;
  /** The names of the scopes, with spaces between them. */
  readonly scope: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
}

/** A row of the table. `hash`: SHA-256. The key itself is stored nowhere. */
interface StoredApiKey extends ApiKeyRecord {
  readonly userId: string;
  readonly hash: string;
}

/** `npm run migrate` creates the table. `edge/session/statement.ts` reads it. */
const schema = {
  apiKey: {
    fields: {
      name: { type: "string", required: true },
      start: { type: "string", required: true },
      hash: { type: "string", required: true, unique: true },
      scope: { type: "string", required: true },
      userId: {
        type: "string",
        required: true,
        references: { model: "user", field: "id", onDelete: "cascade" },
        index: true,
      },
      createdAt: { type: "date", required: true },
      expiresAt: { type: "date", required: true },
      lastUsedAt: { type: "date", required: false },
    },
  },
} as const satisfies BetterAuthPlugin["schema"];

/**
 * API keys: `GET /api/auth/api-key/list`, `POST /api/auth/api-key/create` with `{ name, scope,
 * days }`, and `POST /api/auth/api-key/revoke` with `{ id }`.
 *
 * Attack: a person who uses a stolen session, or who knew the password, creates a key that outlives
 * both. Defence: creating a key requires the password (`lib/server/auth/account-rules.ts`) or a
 * recent sign-in, and a new password revokes all keys.
 */
export function apiKeys() {
  return {
    id: "api-keys",
    schema,
    endpoints: {
      listApiKeys: createAuthEndpoint(
        "/api-key/list",
        { method: "GET", use: [sensitiveSessionMiddleware] },
        async (context) => {
          const { adapter, session } = context.context;
          return context.json(await listApiKeys(adapter, session.user.id));
        },
      ),

      createApiKey: createAuthEndpoint(
        "/api-key/create",
        {
          method: "POST",
          use: [sensitiveSessionMiddleware],
          metadata: { $Infer: { body: {} as { name: string; scope: string; days: number } } },
        },
        async (context) => {
          const { adapter, internalAdapter, session } = context.context;
          const userId = session.user.id;
          const hasPassword = (await internalAdapter.findCredentialAccount(userId))?.password;
          if (!hasPassword) checkFresh(session.session.createdAt);
          const values = readNewKey(context.body);
          const ofUser = { field: "userId", value: userId };
          await adapter.deleteMany({
            model: "apiKey",
            where: [ofUser, { field: "expiresAt", operator: "lt", value: new Date() }],
          });
          if ((await adapter.count({ model: "apiKey", where: [ofUser] })) >= MAX_KEYS) {
            throw refusal("TOO_MANY_KEYS", `You can have at most ${MAX_KEYS} keys. Revoke one first.`);
          }
          const key = createApiKey();
          const row = { ...values, userId, start: startOfApiKey(key), hash: await hashApiKey(key) };
          const stored = await adapter.create<Omit<StoredApiKey, "id">>({
            model: "apiKey",
            data: { ...row, lastUsedAt: null },
          });
          return context.json({ key, ...toRecord(stored as StoredApiKey) });
        },
      ),

      revokeApiKey: createAuthEndpoint(
        "/api-key/revoke",
        {
          method: "POST",
          use: [sensitiveSessionMiddleware],
          metadata: { $Infer: { body: {} as { id: string } } },
        },
        async (context) => {
          const { adapter, session } = context.context;
          const deleted = await adapter.deleteMany({
            model: "apiKey",
            where: [
              { field: "id", value: String(context.body?.id) },
              { field: "userId", value: session.user.id },
            ],
          });
          if (deleted === 0) throw new APIError("NOT_FOUND", { message: "You have no such key." });
          return context.json({ status: true });
        },
      ),
    },
  } satisfies BetterAuthPlugin;
}

interface Adapter {
  findMany<T>(query: {
    model: string;
    where: { field: string; value: string }[];
    sortBy: { field: string; direction: "desc" };
  }): Promise<T[]>;
}

/** The keys of a user, newest first. */
export async function listApiKeys(adapter: Adapter, userId: string): Promise<ApiKeyRecord[]> {
  const rows = await adapter.findMany<StoredApiKey>({
    model: "apiKey",
    where: [{ field: "userId", value: userId }],
    sortBy: { field: "createdAt", direction: "desc" },
  });
  return rows.map(toRecord);
}

function toRecord({ id, name, start, scope, createdAt, expiresAt, lastUsedAt }: StoredApiKey): ApiKeyRecord {
  return { id, name, start, scope, createdAt, expiresAt, lastUsedAt };
}

/** For a user without a password, as for the deletion of the account. */
function checkFresh(createdAt: Date): void {
  if (Date.now() - new Date(createdAt).getTime() < sessionLifetime.freshAge * 1000) return;
  throw new APIError("FORBIDDEN", { code: "SESSION_EXPIRED", message: "This needs a recent sign-in." });
}

/** @throws {APIError} 400 with the reason */
function readNewKey(body: unknown) {
  const { name, scope, days } = (body ?? {}) as Record<string, unknown>;
  if (typeof name !== "string" || name.trim() === "" || name.length > fieldLimits.name)
    throw refusal("INVALID_KEY_NAME", `A name has 1 to ${fieldLimits.name} characters.`);
  const scopes = typeof scope === "string" ? scope.split(" ") : [];
  if (scopes.length === 0 || !scopes.every((each) => Object.hasOwn(keyScopes, each)))
    throw refusal(
      "INVALID_SCOPE",
      `A key has one or more of these scopes: ${Object.keys(keyScopes).join(" ")}`,
    );
  if (!Number.isInteger(days) || Number(days) < 1 || Number(days) > MAX_KEY_DAYS)
    throw refusal("INVALID_KEY_LIFE", `A key lives for 1 to ${MAX_KEY_DAYS} days.`);
  const createdAt = new Date();
  return {
    name: name.trim(),
    scope: [...new Set(scopes)].join(" "),
    createdAt,
    expiresAt: new Date(createdAt.getTime() + Number(days) * DAY),
  };
}

function refusal(code: string, message: string): APIError {
  return new APIError("BAD_REQUEST", { code, message });
}
