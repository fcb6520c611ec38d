import { type JWTPayload, jwtVerify } from "jose";
import { splitSigned } from "../../lib/auth/signed-cookies";
import type { UserRecord } from "../../lib/token/claims";
import { type Identity, identityOf } from "../../lib/token/contract";
import type { KeyRing } from "../../lib/token/key-ring";
import type { KnownSession } from "./session";

/** The claims of Better Auth 1.7's cookie cache (`jwt` strategy) that are used here. */
interface CookieCache extends JWTPayload {
  session: { id: string; token: string; expiresAt: string; createdAt: string };
  user: UserRecord;
}

/**
 * Reads Better Auth's cookie cache (the `session_data` cookie), a JWT that Better Auth signs with
 * its secret. Uses jose alone: `better-auth/cookies` would make the code that each isolate
 * evaluates at its start take two to three times as long
 * (docs/decisions/012-what-is-in-the-script.md).
 */
export function createCookieCache(ring: KeyRing) {
  /**
   * Returns the session in a `session_data` cookie if the cookie is signed, has not expired and
   * belongs to the session token in `tokenCookie`. `now` is in milliseconds since the epoch.
   */
  return async function readCookieCache(
    data: string,
    tokenCookie: string,
    now: number,
  ): Promise<KnownSession | undefined> {
    const token = splitSigned(tokenCookie)?.value;
    if (token === undefined) return undefined;
    for (const key of await ring.keys()) {
      const cached = await verifyCookieCache(data, key, now);
      if (cached) return sessionIn(cached, token);
    }
    return undefined;
  };
}

/** The content of a cookie cache, if this key has signed it and it has not expired. */
export async function verifyCookieCache(
  data: string,
  key: CryptoKey,
  now: number,
): Promise<Partial<CookieCache> | undefined> {
  try {
    // RFC 8725 §3.1: pin the algorithm; never trust the token's header.
    const { payload } = await jwtVerify<Partial<CookieCache>>(data, key, {
      algorithms: ["HS256"],
      currentDate: new Date(now),
      requiredClaims: ["iat", "exp"],
    });
    return payload;
  } catch {
    return undefined;
  }
}

function sessionIn(
  { session, user, iat = 0 }: Partial<CookieCache>,
  token: string,
): KnownSession | undefined {
  if (session?.token !== token || !user?.id || !session.id) return undefined;
  const identity = identityIn(user, session);
  if (!identity) return undefined;
  return {
    identity,
    expiresAt: new Date(session.expiresAt).getTime(),
    // The page's own age check starts from the same second (lib/server/auth/cookie-cache-header.ts).
    verifiedAt: iat * 1000,
  };
}

/** The cookie may be older than a custom claim of the app and lack the data for it. */
function identityIn(user: UserRecord, { id, createdAt }: CookieCache["session"]): Identity | undefined {
  try {
    return identityOf(user, { id, createdAt: new Date(createdAt) });
  } catch {
    return undefined;
  }
}
