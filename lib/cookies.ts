/**
 * Parses a `Cookie` header (RFC 6265 §4.2.1). If a name occurs more than once, the first cookie
 * counts. Values are not decoded. A part without `=` or without a name is left out.
 */
export function parseCookies(header: string): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of header.split(";")) {
    const [name, value] = splitCookie(pair);
    if (name && !cookies.has(name)) cookies.set(name, value);
  }
  return cookies;
}

/**
 * The `Cookie` header that the browser would send after these `Set-Cookie` values (RFC 6265 §5.4).
 */
export function applySetCookies(header: string, setCookies: readonly string[]): string {
  const cookies = parseCookies(header);
  for (const cookie of setCookies) {
    const [pair = "", ...attributes] = cookie.split(";");
    const [name, value] = splitCookie(pair);
    if (attributes.some((attribute) => attribute.trim().toLowerCase() === "max-age=0")) cookies.delete(name);
    else cookies.set(name, value);
  }
  return Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ");
}

/** Splits `name=value`. Both are empty if there is no `=`. */
export function splitCookie(pair: string): [name: string, value: string] {
  const equals = pair.indexOf("=");
  return equals < 0 ? ["", ""] : [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
}

/**
 * A `Set-Cookie` value with the attributes that Better Auth gives its cookies. `Secure` belongs to
 * the `__Secure-` prefix: browsers refuse the one without the other (RFC 6265bis §4.1.3.1).
 *
 * @param value must be percent-encoded already
 * @param maxAge seconds; 0 deletes the cookie. Without it the cookie ends with the browser session.
 */
export function formatSetCookie(name: string, value: string, maxAge?: number): string {
  const lifetime = maxAge === undefined ? "" : `; Max-Age=${maxAge}`;
  const secure = name.startsWith("__Secure-") ? "; Secure" : "";
  return `${name}=${value}${lifetime}; Path=/; HttpOnly${secure}; SameSite=Lax`;
}
