import type { RequestHeaders } from "./request-headers";

/**
 * Destinations (Fetch §2.2.7) for which a browser runs the response as code of this app's origin,
 * or shows it inside a page.
 */
const EMBEDS: ReadonlySet<string> = new Set([
  "script",
  "worker",
  "sharedworker",
  "serviceworker",
  "audioworklet",
  "paintworklet",
  "xslt",
  "iframe",
  "frame",
  "fencedframe",
  "embed",
  "object",
]);

/**
 * Whether a browser would run the response as code of this app, or embed it.
 *
 * Attack: a file that a user uploaded to the backend is on this app's origin, and a policy on the
 * response does not stop it from being a service worker (Service Workers §6.2: such a request has
 * the header `Service-Worker`). Defence: refuse the request.
 */
export function isEmbedded(headers: RequestHeaders): boolean {
  const destination = headers.get("sec-fetch-dest");
  return (destination != null && EMBEDS.has(destination)) || headers.has("service-worker");
}
