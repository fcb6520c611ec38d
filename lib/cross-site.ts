/** Reads one header. `Headers` has this form. */
interface ReadableHeaders {
  get(name: string): string | null | undefined;
}

/**
 * Whether a page of another site has sent this request. `changes`: whether the request can change
 * something or opens a WebSocket. If not, the result is false.
 *
 * Attack: cross-site request forgery, by methods that change something, and by WebSockets, which
 * browsers let any page open. Defence, after Go's `http.CrossOriginProtection`: check Fetch
 * Metadata if the browser sends it, otherwise `Origin`. A request with neither does not come from a
 * browser. A program that sends the cookie does so on purpose, so this is no forgery
 * (docs/decisions/004-cross-site.md).
 */
export function isCrossSite(headers: ReadableHeaders, changes: boolean, origins: readonly string[]): boolean {
  if (!changes) return false;
  const site = headers.get("sec-fetch-site");
  if (site) return site !== "same-origin" && site !== "none";
  const origin = headers.get("origin");
  return typeof origin === "string" && !origins.includes(origin);
}

/**
 * Whether a page of another site loads this GET as a part of itself: an image, a script, a frame. A
 * link that a person opens navigates a whole window and does not count. Fetch Metadata shows the
 * difference: only such a navigation has the destination `document`.
 */
export function isEmbeddedElsewhere(headers: ReadableHeaders): boolean {
  const site = headers.get("sec-fetch-site");
  if (!site || site === "same-origin" || site === "none") return false;
  return headers.get("sec-fetch-dest") !== "document";
}
