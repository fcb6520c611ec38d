import { formatSetCookie, parseCookies, splitCookie } from "../cookies";

/** Better Auth's cookie cache, or one of the numbered chunks that a long one is split into. */
const SESSION_DATA = /^((?:__Secure-)?better-auth\.session_data)(?:\.\d+)?$/;

/**
 * Maximum length of the session_data cookie, including its name. Characters. The other session
 * cookies have at most 300 characters, so that all together have at most 3,800. Browsers refuse a
 * cookie of more than 4,096 bytes, and servers refuse headers of more than 8 or 16 kB.
 */
export const MAX_SESSION_DATA_LENGTH = 3_500;

/**
 * Returns the `Set-Cookie` values of a response to a request with this `Cookie` header. A cookie
 * cache that is too long is left out. If the request has a cookie cache that is too long or
 * outdated, it is deleted. The session works without its cache: the store is read instead.
 */
export function boundSessionData(cookieHeader: string | null, setCookies: readonly string[]): string[] {
  // Better Auth sets a cookie twice when it reads the session and then changes it: the last one
  // counts.
  const byName = new Map<string, string>();
  for (const cookie of setCookies) {
    const [name] = splitCookie(cookie);
    byName.delete(name);
    byName.set(name, cookie);
  }
  const cache = [...byName].filter(([name, cookie]) => SESSION_DATA.test(name) && valueIn(cookie) !== "");
  const length = cache.reduce((sum, [name, cookie]) => sum + name.length + valueIn(cookie).length, 0);
  const isTooLong = length > MAX_SESSION_DATA_LENGTH;
  if (isTooLong) for (const [name] of cache) byName.delete(name);

  const outdated = [...parseCookies(cookieHeader ?? "")]
    .filter(([name]) => SESSION_DATA.test(name) && !byName.has(name))
    .filter(
      ([name, value]) => isTooLong || isChunk(name) || name.length + value.length > MAX_SESSION_DATA_LENGTH,
    );
  return [...byName.values(), ...outdated.map(([name]) => formatSetCookie(name, "", 0))];
}

/** The value in a `Set-Cookie` value, without the attributes. */
function valueIn(setCookie: string): string {
  return splitCookie(setCookie.split(";", 1)[0] ?? "")[1];
}

/** A chunk is always part of a cookie cache that is too long. */
function isChunk(name: string): boolean {
  return /\.\d+$/.test(name);
}
