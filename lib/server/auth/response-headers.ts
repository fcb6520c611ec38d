import "server-only";
import { boundSessionData } from "../../auth/cookie-budget";
import { withBasePath } from "../../base-path";
import { loginPath } from "../../redirect-target";
import { routes } from "../../routes";

/** Sets the headers that every response of `/api/auth/*` must have. */
export function setResponseHeaders(headers: Headers, requestHeaders: Headers, appOrigin: string): void {
  keepOnOrigin(headers, appOrigin);
  boundCookies(headers, requestHeaders);
  // Each response belongs to one visitor, and many set a cookie.
  headers.set("cache-control", "private, no-store");
}

/**
 * Attack (CWE-601, open redirect): Better Auth resolves the dot segments of a `callbackURL` after
 * its check, so "/.//host" becomes "//host". Defence: a location without a scheme that leaves this
 * origin is replaced by the sign-in page. Better Auth compares URLs with a scheme with its trusted
 * origins.
 */
function keepOnOrigin(headers: Headers, appOrigin: string): void {
  const location = headers.get("location");
  if (location === null || /^[a-z][a-z0-9+.-]*:/i.test(location)) return;
  const stays = URL.canParse(location, appOrigin) && new URL(location, appOrigin).origin === appOrigin;
  if (!stays) headers.set("location", withBasePath(loginPath("/", routes), routes));
}

/** Keeps the session cookies far below the limits of browsers and servers, whatever is stored. */
function boundCookies(headers: Headers, requestHeaders: Headers): void {
  const setCookies = boundSessionData(requestHeaders.get("cookie"), headers.getSetCookie());
  headers.delete("set-cookie");
  for (const cookie of setCookies) headers.append("set-cookie", cookie);
}
