/** The cookie with the session token, whatever its prefix on this deployment. */
export function isSessionTokenCookie(name: string): boolean {
  return name.endsWith("session_token");
}

/** The session token, or (a part of) the cookie cache. */
export function isSessionCookie(name: string): boolean {
  return isSessionTokenCookie(name) || /session_data(\.\d+)?$/.test(name);
}

/** Parses a `Set-Cookie` header (RFC 6265 §5.2). The names of the attributes are in lower case. */
export function readSetCookie(cookie: string) {
  const [pair = "", ...rest] = cookie.split(";");
  const equals = pair.indexOf("=");
  const attributes = new Map<string, string>();
  for (const attribute of rest) {
    const [name = "", value = ""] = attribute.trim().split("=");
    attributes.set(name.toLowerCase(), value);
  }
  return { name: pair.slice(0, equals).trim(), value: pair.slice(equals + 1).trim(), attributes };
}
