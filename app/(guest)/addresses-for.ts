import { loginPath } from "../../lib/redirect-target";
import { routes } from "../../lib/routes";

/**
 * Characters of both addresses together. Better Auth keeps them in a cookie of twice their length and
 * 700 bytes more, and browsers refuse a cookie of more than 4,096.
 */
const MAX_ADDRESSES = 1_600;

/**
 * Where the browser goes after a sign-in through another site, and after one that fails. A way back that is too long is left
 * out: then the sign-in works, and ends on the home page.
 */
export function addressesFor(next?: string): { callbackURL: string; errorCallbackURL: string } {
  const addresses = { callbackURL: next ?? routes.home, errorCallbackURL: loginPath(next ?? "/", routes) };
  const { callbackURL, errorCallbackURL } = addresses;
  return callbackURL.length + errorCallbackURL.length <= MAX_ADDRESSES ? addresses : addressesFor();
}
