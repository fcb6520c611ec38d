import "server-only";
import { decodeJwt } from "jose";
import { isRecent } from "../../is-recent";

/** Better Auth's cookie cache in a `Cookie` header: whole, or in numbered chunks. */
const CACHE_NAME = /^(?:__Secure-)?better-auth\.session_data(\.\d+)?$/;

/**
 * Returns the `Cookie` header without Better Auth's cookie cache.
 *
 * Attack: Better Auth's endpoints would read the session from the cache and sign a new cache, so a
 * stolen cookie could renew itself after the session has ended. Defence: the endpoints never see
 * the cache, so each of them reads the database.
 */
export function withoutCookieCache(header: string): string {
  return filterCache(header, () => false);
}

/**
 * Returns the `Cookie` header without a cookie cache that is older than `maxStale` milliseconds at
 * `now`.
 *
 * Better Auth signs the cache of a "do not remember me" session for 300 seconds, whatever its
 * `maxAge` is. The signature is not checked here: dropping a cache is always safe, and Better Auth
 * verifies the one that is kept.
 */
export function withoutStaleCookieCache(header: string, now: number, maxStale: number): string {
  return filterCache(header, (value) => isRecent(issuedAt(value), now, maxStale));
}

/** Chunks are always dropped: the app's own cache fits into one cookie. */
function filterCache(header: string, keep: (value: string) => boolean): string {
  const kept = header.split(";").filter((pair) => {
    const equals = pair.indexOf("=");
    const match = CACHE_NAME.exec(pair.slice(0, equals).trim());
    return !match || (match[1] === undefined && keep(pair.slice(equals + 1).trim()));
  });
  return kept.join(";").trim();
}

/** Milliseconds since the epoch; NaN for a value that is not a JWT. */
function issuedAt(value: string): number {
  try {
    return (decodeJwt(value).iat ?? Number.NaN) * 1000;
  } catch {
    return Number.NaN;
  }
}
