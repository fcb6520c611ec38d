/**
 * Content Security Policies for every response that is not a page. A page's policy has a nonce:
 * `edge/pages/content-security-policy.ts`. A browser applies these policies only if it renders the
 * response as a document, or runs it as a worker.
 */

/** For HTML that loads nothing: error pages, and the responses of route handlers. */
export const BARE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** For files of this app. A file that runs as a worker may load code and data from this origin. */
export const FILE_POLICY =
  "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * For every response of the backend but its documentation (HTML §7.1.5, CSP Level 3 §6.3.2).
 *
 * Attack: HTML from the backend, such as an uploaded file, could run scripts in this app's origin.
 * Defence: `sandbox` without `allow-same-origin` and `allow-scripts`. The document gets an opaque
 * origin and runs no scripts, so it can neither call `/backend/*` as the user nor read the app.
 */
export const BACKEND_POLICY = "sandbox allow-downloads; frame-ancestors 'none'";

/**
 * For the documentation of a backend (`docs` in lib/routes.ts), which is Swagger UI or a similar
 * page. Its scripts run on this app's origin, because they call `/backend/*` with the user's session.
 *
 * Attack: a text of the OpenAPI document contains markup with a script. Defence: no inline script
 * runs, and the gate refuses every script of the backend that is not listed. Swagger UI sets styles
 * in attributes, and loads its icons from data: URLs.
 */
export const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The policy for a response of a backend. `docsPage` is the path of its documentation. */
export function chooseBackendPolicy(pathname: string, docsPage: string | undefined): string {
  return pathname === docsPage ? DOCS_POLICY : BACKEND_POLICY;
}
