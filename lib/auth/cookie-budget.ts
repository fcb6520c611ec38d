import { formatSetCookie } from "./set-cookie";

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
 * cache that is too long is left out. A too long or outdated one that the browser still holds is
 * expired. The session works without its cache: the store is read instead.
 */
export function boundSessionData(cookieHeader: string | null, setCookies: readonly string[]): string[] {
  // Better Auth sets a cookie twice when it reads the session and then changes it: the last one counts.
  const byName = new Map<string, { cookie: string; name: string; value: string }>();
  for (const cookie of setCookies) {
    const pair = nameAndValue(cookie.split(";", 1)[0] ?? "");
    byName.delete(pair.name);
    byName.set(pair.name, { cookie, ...pair });
  }
  const set = [...byName.values()];
  const data = set.filter(({ name, value }) => SESSION_DATA.test(name) && value !== "");
  const isTooLong =
    data.reduce((sum, { name, value }) => sum + name.length + value.length, 0) > MAX_SESSION_DATA_LENGTH;
  const kept = set.filter((one) => !isTooLong || !data.includes(one));
  const settled = new Set(kept.map(({ name }) => name));
  const stale = (cookieHeader ?? "")
    .split(";")
    .map(nameAndValue)
    .filter(({ name }) => SESSION_DATA.test(name) && !settled.has(name))
    .filter(
      ({ name, value }) => isTooLong || isPiece(name) || name.length + value.length > MAX_SESSION_DATA_LENGTH,
    )
    .map(({ name }) => name);
  return [
    ...kept.map(({ cookie }) => cookie),
    ...[...new Set(stale)].map((name) => formatSetCookie(name, "", 0)),
  ];
}

/** A chunk is always part of a cookie cache that is too long. */
function isPiece(name: string): boolean {
  return /\.\d+$/.test(name);
}

function nameAndValue(pair: string): { name: string; value: string } {
  const equals = pair.indexOf("=");
  return { name: pair.slice(0, equals).trim(), value: pair.slice(equals + 1).trim() };
}
