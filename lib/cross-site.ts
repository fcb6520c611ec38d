type RequestHeaders = Pick<Headers, "get"> | { get(name: string): string | null | undefined };

/**
 * Whether a page of another site has sent this request, for methods that change something and for WebSockets,
 * which browsers let any page open. After Go's `http.CrossOriginProtection`: Fetch Metadata where the
 * browser sends it, else `Origin`. A request with neither comes from no browser, and a program that holds the
 * cookie is nobody's deputy (docs/decisions/004-cross-site.md).
 */
export function isCrossSite(headers: RequestHeaders, changes: boolean, origins: readonly string[]): boolean {
  if (!changes) return false;
  const site = headers.get("sec-fetch-site");
  if (site) return site !== "same-origin" && site !== "none";
  const origin = headers.get("origin");
  return typeof origin === "string" && !origins.includes(origin);
}

/**
 * Whether another site's page loads this GET as part of itself: an image, a script, a frame. A link that a person
 * opens is a navigation of a whole window, and is none of these (Fetch Metadata; `document` is the window's).
 */
export function isEmbeddedElsewhere(headers: RequestHeaders): boolean {
  const site = headers.get("sec-fetch-site");
  if (!site || site === "same-origin" || site === "none") return false;
  return headers.get("sec-fetch-dest") !== "document";
}
