/** Better Auth's cookie cache, and the numbered pieces into which it cuts a long one. */
const SESSION_DATA = /^((?:__Secure-)?better-auth\.session_data)(?:\.\d+)?$/;

/**
 * Most characters of a session_data cookie, its name included. With the other session cookies, at most 300 characters, it
 * stays below 3,800. Browsers refuse a cookie of more than 4,096 bytes, and servers headers of more than 8 or 16 kB.
 */
const MAX_LENGTH = 3_500;

/**
 * The `Set-Cookie` values of a response to a request with this `Cookie` header, without a cookie cache that is too long, and
 * with the end of one that the browser still holds. The session works without its cache: the store is read instead.
 */
export function boundSessionData(cookieHeader: string | null, setCookies: readonly string[]): string[] {
  const set = setCookies.map((cookie) => ({ cookie, ...nameAndValue(cookie.split(";", 1)[0] ?? "") }));
  const data = set.filter(({ name, value }) => SESSION_DATA.test(name) && value !== "");
  const isTooLong = data.reduce((sum, { name, value }) => sum + name.length + value.length, 0) > MAX_LENGTH;
  const kept = set.filter((one) => !isTooLong || !data.includes(one));
  const settled = new Set(kept.map(({ name }) => name));
  const stale = (cookieHeader ?? "")
    .split(";")
    .map(nameAndValue)
    .filter(({ name }) => SESSION_DATA.test(name) && !settled.has(name))
    .filter(({ name, value }) => isTooLong || isPiece(name) || name.length + value.length > MAX_LENGTH)
    .map(({ name }) => name);
  return [...kept.map(({ cookie }) => cookie), ...[...new Set(stale)].map(expire)];
}

/** A cookie cache that fits is never cut. */
function isPiece(name: string): boolean {
  return /\.\d+$/.test(name);
}

function expire(name: string): string {
  const secure = name.startsWith("__Secure-") ? "; Secure" : "";
  return `${name}=; Max-Age=0; Path=/; HttpOnly${secure}; SameSite=Lax`;
}

function nameAndValue(pair: string): { name: string; value: string } {
  const equals = pair.indexOf("=");
  return { name: pair.slice(0, equals).trim(), value: pair.slice(equals + 1).trim() };
}
