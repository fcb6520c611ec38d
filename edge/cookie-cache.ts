import { type JWTPayload, jwtVerify } from "jose";
import type { UserRecord } from "../lib/claims";
import { type Identity, identityOf } from "../lib/contract";
import type { KeyRing } from "../lib/hmac";
import { splitSigned } from "../lib/signed-cookies";
import type { KnownSession } from "./session";

/** What Better Auth 1.7 puts into its cookie cache in the `jwt` strategy, as far as it is used here. */
interface CookieCache extends JWTPayload {
  session: { id: string; token: string; expiresAt: string };
  user: UserRecord;
}

/**
 * Reads Better Auth's cookie cache (session_data), a JWT under its secret, with jose alone: Better Auth's own helper
 * costs three times an isolate's start.
 */
export function createCookieCache(ring: KeyRing) {
  /** The session in a session_data cookie, if it is signed, has not run out, and is that of the token's cookie. */
  return async function readCookieCache(
    data: string,
    tokenCookie: string,
    now: number,
  ): Promise<KnownSession | undefined> {
    const token = splitSigned(tokenCookie)?.value;
    if (token === undefined) return undefined;
    for (const key of await ring.keys()) {
      const cached = await verify(data, key, now);
      if (cached) return sessionIn(cached, token);
    }
    return undefined;
  };
}

async function verify(data: string, key: CryptoKey, now: number): Promise<Partial<CookieCache> | undefined> {
  try {
    // RFC 8725 §3.1: the algorithm is ours to say, not the token's.
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
    // The page's own check counts from the same second (lib/cookie-cache-header.ts).
    verifiedAt: iat * 1000,
  };
}

/** A cookie may be older than a claim of yours, and hold nothing to make it of. */
function identityIn(user: UserRecord, session: { id: string }): Identity | undefined {
  try {
    return identityOf(user, session);
  } catch {
    return undefined;
  }
}
