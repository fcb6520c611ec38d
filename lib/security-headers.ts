/**
 * The security headers of every response, including those of the backend. The Content Security
 * Policy is not among them, because it depends on the response.
 */
export function securityHeaders(appOrigin: string): Readonly<Record<string, string>> {
  return {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    ...(appOrigin.startsWith("https:") && { "strict-transport-security": "max-age=63072000" }),
  };
}
