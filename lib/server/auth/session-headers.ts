import "server-only";
import { createSignedCookies } from "../../auth/signed-cookies";
import { loadEnv } from "../../env";
import { openKeyRing } from "../../token/key-ring";
import { withoutCookieCache, withoutStaleCookieCache } from "./cookie-cache-header";

const env = loadEnv();
const { renew } = createSignedCookies(openKeyRing(env.authSecrets));

/**
 * Returns the headers of a page's request for `auth.api.getSession`. A cookie cache is trusted for
 * at most `SESSION_MAX_STALE_SECONDS`, as in the gate.
 */
export function headersForPage(original: Headers): Promise<Headers> {
  const maxStale = env.sessionMaxStaleSeconds * 1000;
  return withCookies(original, (cookies) => withoutStaleCookieCache(cookies, Date.now(), maxStale));
}

/** Returns the headers of a request for one of Better Auth's endpoints, without a cookie cache. */
export function headersForEndpoint(original: Headers): Promise<Headers> {
  return withCookies(original, withoutCookieCache);
}

/**
 * Also renews cookies that are signed with an older secret of the ring: Better Auth verifies only
 * with the first secret.
 */
async function withCookies(original: Headers, filter: (cookies: string) => string): Promise<Headers> {
  const headers = new Headers(original);
  const cookies = headers.get("cookie");
  if (cookies) headers.set("cookie", await renew(filter(cookies)));
  return headers;
}
