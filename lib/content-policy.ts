/**
 * Content Security Policies of every response that is not a page (those have a nonce:
 * `edge/page-policy.ts`). A browser applies them only if it renders the response as a document, or
 * runs it as a worker.
 */

/** Of HTML that loads nothing: error pages, and whatever a route handler sends. */
export const BARE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Of files of this app. A worker that is loaded from one needs its own origin. */
export const FILE_POLICY =
  "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Of whatever the backend sends (HTML §7.1.5, CSP Level 3 §6.3.2): without `allow-same-origin` and
 * `allow-scripts` a document of the backend has an opaque origin and runs nothing, so that it can
 * neither call `/backend/*` as the user nor read the app.
 */
export const BACKEND_POLICY = "sandbox allow-downloads; frame-ancestors 'none'";
