import { BARE_POLICY, FILE_POLICY } from "../../lib/content-policy";
import type { Classified } from "../classify";
import type { GateOptions } from "../options";

/**
 * The Content Security Policy for a request that passes. Every such request gets one, not only a
 * page: an attacker can make a browser open any address as a document.
 */
export function choosePolicy(
  { kind, wants }: Classified,
  { appOrigin, development, randomId }: Pick<GateOptions, "appOrigin" | "development" | "randomId">,
): string {
  if (kind === "api" || kind === "open-api") return BARE_POLICY;
  if (wants !== "document") return FILE_POLICY;
  return buildPagePolicy(btoa(randomId()), { secure: appOrigin.startsWith("https:"), development });
}

/**
 * The policy of a page (CSP Level 3). Only scripts with the nonce of this response run, and the
 * scripts that they load. Next reads the nonce from the request's `content-security-policy` header
 * and sets it on its scripts. This works only for pages that are rendered for each request.
 */
export function buildPagePolicy(nonce: string, options: { secure: boolean; development: boolean }): string {
  return [
    // CSP Level 3: this includes WebSockets of the same host, in every browser that Next 16
    // supports (Safari from 16.4).
    "default-src 'self'",
    // React's development build uses eval to rebuild stack traces.
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${options.development ? " 'unsafe-eval'" : ""}`,
    // Styles cannot run code, and components set them on elements.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    ...(options.secure ? ["upgrade-insecure-requests"] : []),
  ].join("; ");
}
