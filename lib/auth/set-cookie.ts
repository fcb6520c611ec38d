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
