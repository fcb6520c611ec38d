import { SignJWT } from "jose";
import { boundSessionData } from "../../lib/auth/cookie-budget";
import { sessionLifetime } from "../../lib/auth/session-lifetime";
import type { SignedCookies } from "../../lib/auth/signed-cookies";
import { formatSetCookie } from "../../lib/cookies";
import type { KeyRing } from "../../lib/token/key-ring";
import type { SessionCookieNames, SessionCookies } from "./cookies";
import type { FoundSession } from "./lookup";

export interface SetCookieOptions {
  readonly names: SessionCookieNames;
  readonly ring: KeyRing;
  readonly signed: SignedCookies;
  /** How long the cookie cache lives, in seconds. 0: there is none. */
  readonly cacheSeconds: number;
}

interface ActiveSession {
  readonly header: string;
  readonly cookies: SessionCookies;
  readonly found: FoundSession;
  /**
   * Whether the response sets the cookie cache: not for a call to the backend, and not for a
   * session with "do not remember me".
   */
  readonly keepsCache: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Makes the `Set-Cookie` values of a session lookup, with the names, attributes and contents that
 * Better Auth's `getSession` gives them. With an active organisation, the cookie cache also has the
 * membership (docs/decisions/025-organisations.md).
 */
export function createSetCookies({ names, ring, signed, cacheSeconds }: SetCookieOptions) {
  /** Better Auth's cookie cache, in its `jwt` strategy. */
  async function cookieCache({ session, user, org }: FoundSession, now: number): Promise<string> {
    const [first] = await ring.keys();
    if (!first) throw new Error("the key ring is empty");
    const issuedAt = Math.floor(now / 1000);
    // This claim is the gate's own: Better Auth neither sets nor reads it.
    const membership = session.activeOrganizationId ? { org: org ?? null } : {};
    // `version` is 1 unless Better Auth's options name another one.
    const jwt = await new SignJWT({ session, user, updatedAt: now, version: "1", ...membership })
      .setProtectedHeader({ alg: "HS256" })
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + cacheSeconds)
      .sign(first);
    return formatSetCookie(names.data, jwt, cacheSeconds);
  }

  return {
    /** The cookies for an active session. */
    async forSession({ header, cookies, found, keepsCache, now }: ActiveSession): Promise<string[]> {
      const set: string[] = [];
      if (found.isExtended) {
        const value = await signed.sign(found.session.token);
        set.push(formatSetCookie(names.token, value, sessionLifetime.expiresIn));
      }
      if (keepsCache && cacheSeconds > 0) set.push(await cookieCache(found, now));
      // Deletes the cookie cache that an earlier deployment, which had one, has set.
      if (cookies.data && cacheSeconds === 0) set.push(formatSetCookie(names.data, "", 0));
      return boundSessionData(header, set);
    },

    /** Deletes the cookies of a session that has ended, and that of an unfinished sign-in. */
    forNoSession(header: string): string[] {
      const all = [names.token, names.data, names.oauthState, names.dontRemember];
      return boundSessionData(
        header,
        all.map((name) => formatSetCookie(name, "", 0)),
      );
    },
  };
}
