import { parseCookies } from "../../lib/cookies";

/** Better Auth's session cookies, as the browser sent them. */
export interface SessionCookies {
  /** `<session token>.<signature>`, percent-encoded. */
  readonly token: string;
  /**
   * The cookie cache, a JWT. One that Better Auth has split into several cookies is too long and is
   * ignored (lib/auth/cookie-budget.ts).
   */
  readonly data: string | undefined;
  /** Marks a session as "do not remember me": a signed value. */
  readonly dontRemember?: string | undefined;
}

/**
 * Better Auth's cookie names. With https they have the prefix `__Secure-`: browsers then accept
 * them from secure origins only (RFC 6265bis §4.1.3.1).
 */
export function sessionCookieNames(secure: boolean) {
  const start = `${secure ? "__Secure-" : ""}better-auth`;
  return {
    token: `${start}.session_token`,
    data: `${start}.session_data`,
    dontRemember: `${start}.dont_remember`,
    oauthState: `${start}.oauth_state`,
  };
}

export type SessionCookieNames = ReturnType<typeof sessionCookieNames>;

/** If a name occurs more than once, the first cookie counts, as it does for Better Auth. */
export function readSessionCookies(
  header: string | null,
  names: SessionCookieNames,
): SessionCookies | undefined {
  if (!header?.includes(names.token)) return undefined;
  const cookies = parseCookies(header);
  const token = cookies.get(names.token);
  if (!token) return undefined;
  return { token, data: cookies.get(names.data), dontRemember: cookies.get(names.dontRemember) };
}
