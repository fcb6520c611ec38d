import { type CookieCache, verifyCookieCache } from "../../lib/auth/cookie-cache";
import { splitSigned } from "../../lib/auth/signed-cookies";
import { type Identity, identityOf } from "../../lib/token/contract";
import type { KeyRing } from "../../lib/token/key-ring";
import type { KnownSession } from "./session";

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

function sessionIn(
  { session, user, org, iat = 0 }: Partial<CookieCache>,
  token: string,
): KnownSession | undefined {
  if (session?.token !== token || !user?.id || !session.id) return undefined;
  const isActive = Boolean(session.activeOrganizationId);
  // Better Auth has signed it, and has not looked up the membership.
  if (isActive && org === undefined) return undefined;
  const identity = identityIn({ session, user, org: isActive ? org : undefined });
  if (!identity) return undefined;
  return {
    identity,
    expiresAt: new Date(session.expiresAt).getTime(),
    // The page's own age check starts from the same second (lib/server/auth/cookie-cache-header.ts).
    verifiedAt: iat * 1000,
  };
}

/** The cookie may be older than a custom claim of the app and lack the data for it. */
function identityIn({ session, user, org }: CookieCache): Identity | undefined {
  try {
    const createdAt = new Date(session.createdAt);
    return identityOf(user, { id: session.id, createdAt }, org ?? undefined);
  } catch {
    return undefined;
  }
}
