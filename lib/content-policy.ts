import type { ContentSources } from "./csp";

/** Content Security Policies (CSP Level 3). `lib/csp.ts` holds what pages may load in addition. */

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

/**
 * The policy of a page. `scripts` are the sources of its scripts beside `'self'`: a nonce, or hashes.
 * `secure`: the page is served over https.
 */
export function buildPagePolicy(
  scripts: readonly string[],
  sources: ContentSources,
  options: { secure: boolean },
): string {
  const { images = [], frames = [], connections = [], fonts = [], styles = [], media = [] } = sources;
  return [
    // CSP Level 3: this includes WebSockets of the same host, in every browser that Next 16
    // supports (Safari from 16.4).
    "default-src 'self'",
    ["script-src 'self'", ...scripts].join(" "),
    // Styles cannot run code, and components set them on elements.
    ["style-src 'self' 'unsafe-inline'", ...styles].join(" "),
    ["img-src 'self' data:", ...images.filter((source) => source !== "data:")].join(" "),
    ...directive("connect-src", connections),
    ...directive("font-src", fonts),
    ...directive("frame-src", frames),
    ...directive("media-src", media),
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    ...(options.secure ? ["upgrade-insecure-requests"] : []),
  ].join("; ");
}

/** Without sources `default-src` applies, which is `'self'` as well. */
function directive(name: string, sources: readonly string[]): string[] {
  return sources.length > 0 ? [[`${name} 'self'`, ...sources].join(" ")] : [];
}
