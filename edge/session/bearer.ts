import type { RequestHeaders } from "../request-headers";

/** RFC 9110 §11.4: the scheme is case-insensitive, with one or more spaces after it. */
const BEARER = /^bearer +/i;

/**
 * The credential in `Authorization: Bearer` of a program. Undefined if the header must be ignored:
 *
 * - A browser sends the request. Pages need no token, and a token in a page is one that an injected
 *   script can read. Browsers send `Sec-Fetch-Site` with each request to https and to loopback
 *   addresses. Node's `fetch` sends only `Sec-Fetch-Mode`, so that one does not count.
 * - The request has a session cookie. Attack: a request with two identities, of which a proxy or a
 *   log reads one and the gate the other. Defence: the cookie alone counts, and it is the weaker
 *   one: it is subject to the check of other sites.
 */
export function readBearer(headers: RequestHeaders): string | undefined {
  const authorization = headers.get("authorization");
  if (!authorization || !BEARER.test(authorization)) return undefined;
  if (headers.has("sec-fetch-site") || headers.has("sec-fetch-dest")) return undefined;
  if (headers.get("cookie")?.includes("better-auth.session_token")) return undefined;
  return authorization.replace(BEARER, "");
}
