import { withBasePath } from "@/lib/base-path";
import { loginPath } from "@/lib/redirect-target";
import { routes } from "@/lib/routes";

/**
 * Maximum length of both URLs together. Better Auth stores them in a cookie of twice their length
 * plus 700 bytes, and browsers refuse a cookie of more than 4,096 bytes. Characters.
 */
const MAX_LENGTH = 1_600;

/**
 * Returns the URLs that the browser opens after a sign-in through another site, and after a failed
 * one. A `next` that is too long is left out: then the sign-in works, and ends on the home page.
 */
export function callbackUrls(next?: string): { callbackURL: string; errorCallbackURL: string } {
  const urls = {
    callbackURL: withBasePath(next ?? routes.home, routes),
    errorCallbackURL: withBasePath(loginPath(next ?? "/", routes), routes),
  };
  const { callbackURL, errorCallbackURL } = urls;
  return callbackURL.length + errorCallbackURL.length <= MAX_LENGTH ? urls : callbackUrls();
}
