/** The cookies of Better Auth's that carry a session, as the browser sent them. */
export interface SessionCookies {
  /** `<session token>.<signature>`, percent-encoded. */
  readonly token: string;
  /** The cookie cache, a JWT. Its pieces are joined. */
  readonly data: string | undefined;
}

/** Better Auth's names; on https browsers hold them to `__Secure-` (RFC 6265bis §4.1.3.1). */
export function sessionCookieNames(secure: boolean) {
  const start = `${secure ? "__Secure-" : ""}better-auth`;
  return { token: `${start}.session_token`, data: `${start}.session_data` };
}

/** The first cookie of a name counts, as it does for Better Auth. */
export function readSessionCookies(
  header: string | null,
  names: ReturnType<typeof sessionCookieNames>,
): SessionCookies | undefined {
  if (!header?.includes(names.token)) return undefined;
  let token: string | undefined;
  let data: string | undefined;
  const pieces: string[] = [];
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    const name = pair.slice(0, equals).trim();
    if (name === names.token) token ??= pair.slice(equals + 1).trim();
    else if (name === names.data) data ??= pair.slice(equals + 1).trim();
    else if (name.startsWith(`${names.data}.`)) {
      // Better Auth cuts a value that is too long for one cookie into session_data.0, .1 and so on.
      const index = Number(name.slice(names.data.length + 1));
      if (index < 100) pieces[index] ??= pair.slice(equals + 1).trim();
    }
  }
  if (!token) return undefined;
  data ??= pieces.length > 0 ? pieces.join("") : undefined;
  return { token, data };
}
