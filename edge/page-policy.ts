/**
 * The Content Security Policy of a page (CSP Level 3): only scripts that carry the nonce of this very response run,
 * and what they load. Next reads the nonce from the request's own `content-security-policy` and stamps its scripts
 * with it, which takes a page that is rendered for each request.
 */
export function pagePolicy(nonce: string, options: { secure: boolean; development: boolean }): string {
  return [
    // CSP Level 3: WebSockets of the same host as well, in every browser that Next 16 serves (Safari from 16.4).
    "default-src 'self'",
    // React's development build rebuilds stack traces with eval.
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${options.development ? " 'unsafe-eval'" : ""}`,
    // Styles cannot run anything; components set them on elements.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    ...(options.secure ? ["upgrade-insecure-requests"] : []),
  ].join("; ");
}
