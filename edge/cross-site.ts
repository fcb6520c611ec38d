import type { RequestHeaders } from "./request-headers";

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
