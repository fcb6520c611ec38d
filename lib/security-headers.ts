/**
 * Headers of every response, the backend's too. The Content Security Policy depends on what the
 * response is.
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
