import { createSignedCookies, splitSigned } from "../../lib/auth/signed-cookies";
import type { DatabaseAddress } from "../../lib/database-protocol";
import type { Env } from "../../lib/env";
import { type Identity, identityOf } from "../../lib/token/contract";
import { openKeyRing } from "../../lib/token/key-ring";
import { readSessionCookies, sessionCookieNames } from "./cookies";
import { createLookup } from "./lookup";
import { createNeonQuery, type QueryEffects } from "./neon";
import { createSetCookies } from "./set-cookies";
import { appSchema, type Schema } from "./statement";

/** The result of the store, and the `Set-Cookie` values that belong to it. */
export interface StoreResult {
  /** `expiresAt`: milliseconds since the epoch. Null: there is no such session any more. */
  readonly session: { readonly identity: Identity; readonly expiresAt: number } | null;
  readonly setCookies: readonly string[];
}

/**
 * Looks up the session of this `Cookie` header in the store. The caller has verified that the
 * session token cookie in it is signed. `extend` allows the store to extend the session.
 *
 * @throws the returned promise rejects when the store fails or does not respond
 */
export type SessionStore = (cookieHeader: string, options: { extend: boolean }) => Promise<StoreResult>;

export type StoreEnv = DatabaseAddress & Pick<Env, "appOrigin" | "authSecrets" | "sessionMaxStaleSeconds">;

export interface StoreEffects extends QueryEffects {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The session store on Neon Postgres: one HTTP request with one SQL statement
 * (`edge/session/statement.ts`).
 *
 * Its result is that of Better Auth's `getSession`, which is not in the middleware's script because
 * of its size. `tests/system/session-store.test.ts` runs both against the same database.
 *
 * @param schema the columns to read. Tests pass a schema of their own.
 */
export function createStore(env: StoreEnv, effects: StoreEffects, schema: Schema = appSchema): SessionStore {
  const names = sessionCookieNames(env.appOrigin.startsWith("https:"));
  const ring = openKeyRing(env.authSecrets);
  const signed = createSignedCookies(ring);
  const lookUp = createLookup(createNeonQuery(env, effects), schema);
  const setCookies = createSetCookies({ names, ring, signed, cacheSeconds: env.sessionMaxStaleSeconds });

  return async (header, { extend }) => {
    const cookies = readSessionCookies(header, names);
    const token = cookies && splitSigned(cookies.token)?.value;
    if (!cookies || token === undefined) return { session: null, setCookies: [] };
    const { dontRemember } = cookies;
    // Better Auth neither extends nor caches a session with "do not remember me".
    const isForgotten = dontRemember !== undefined && (await signed.isSigned(dontRemember));
    const isKept = extend && !isForgotten;

    const now = effects.now();
    const found = await lookUp(token, now, { extend: isKept });
    if (!found) return { session: null, setCookies: setCookies.forNoSession(header) };
    const { user, session, org } = found;
    return {
      session: { identity: identityOf(user, session, org), expiresAt: session.expiresAt.getTime() },
      setCookies: await setCookies.forSession({ header, cookies, found, keepsCache: isKept, now }),
    };
  };
}
