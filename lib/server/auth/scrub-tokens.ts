import "server-only";

/** `access_token` is that of a device sign-in, which only programs receive. */
const TOKEN_FIELDS: ReadonlySet<string> = new Set(["token", "access_token"]);

/**
 * Removes the raw session token from a response of `/api/auth/*`.
 *
 * Attack: Better Auth includes the token in the responses of sign-in, sign-up, get-session and
 * list-sessions, where any script of the page could read it. Defence: every JSON field with
 * one of these names is removed, so the token is only in the HttpOnly cookie.
 */
export async function scrubTokens(response: Response): Promise<Response> {
  if (!response.headers.get("content-type")?.includes("application/json")) return response;
  const body = await response.text();
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  const scrubbed = body === "" ? null : JSON.stringify(withoutTokens(JSON.parse(body)));
  return new Response(scrubbed, { status: response.status, headers });
}

function withoutTokens(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTokens);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !TOKEN_FIELDS.has(name))
      .map(([name, inner]) => [name, withoutTokens(inner)]),
  );
}
