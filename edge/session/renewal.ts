import { verifyCookieCache } from "../../lib/auth/cookie-cache";
import { type SignedCookies, splitSigned } from "../../lib/auth/signed-cookies";
import { formatSetCookie } from "../../lib/cookies";
import type { KeyRing } from "../../lib/token/key-ring";
import type { SessionCookieNames, SessionCookies } from "./cookies";

/**
 * Returns `Set-Cookie` values for the session cookies of a request that are not signed with the
 * first secret of the ring. The session token and the mark of "do not remember me" are signed
 * again. The cookie cache is deleted, and the next page sets a new one: only a result of the store
 * is ever signed.
 *
 * The browser may never receive a response. So each page response does this until the browser sends
 * cookies of the first secret (docs/decisions/010-rotating-the-auth-secret.md).
 *
 * `expiresAt` of the session and `now` are in milliseconds since the epoch.
 */
export type RenewCookies = (
  cookies: SessionCookies,
  times: { readonly expiresAt: number; readonly now: number },
) => Promise<string[]>;

export function createRenewal(names: SessionCookieNames, ring: KeyRing, signed: SignedCookies): RenewCookies {
  /** The same value, signed with the first secret, if an older secret has signed it. */
  async function signAgain(cookie: string | undefined): Promise<string | undefined> {
    if (cookie === undefined || !(await signed.isSignedByOlder(cookie))) return undefined;
    const value = splitSigned(cookie)?.value;
    return value === undefined ? undefined : signed.sign(value);
  }

  async function isOfFirstSecret(data: string, now: number): Promise<boolean> {
    const [first] = await ring.keys();
    return first !== undefined && (await verifyCookieCache(data, first, now)) !== undefined;
  }

  return async ({ token, data, dontRemember }, { expiresAt, now }) => {
    const set: string[] = [];
    const newToken = await signAgain(token);
    if (newToken !== undefined) {
      // A cookie without `Max-Age` ends with the browser session.
      const endsWithBrowser = dontRemember !== undefined && (await signed.isSigned(dontRemember));
      const seconds = endsWithBrowser ? undefined : Math.floor((expiresAt - now) / 1000);
      set.push(formatSetCookie(names.token, newToken, seconds));
    }
    const newMark = await signAgain(dontRemember);
    if (newMark !== undefined) set.push(formatSetCookie(names.dontRemember, newMark));
    if (data !== undefined && !(await isOfFirstSecret(data, now))) {
      set.push(formatSetCookie(names.data, "", 0));
    }
    return set;
  };
}
