/**
 * What pages may load from other origins, as data: `docs/content-security-policy.md`.
 * `lib/check-csp.ts` checks the lists. Everything of the app's own origin is allowed already.
 */
export interface ContentSources {
  /** Images, as in `<img>`. For `next/image` see `images.remotePatterns` in `next.config.ts`. */
  readonly images?: readonly string[];
  readonly frames?: readonly string[];
  /** `fetch`, EventSource and WebSockets. */
  readonly connections?: readonly string[];
  readonly fonts?: readonly string[];
  readonly styles?: readonly string[];
  /** Audio and video. */
  readonly media?: readonly string[];
  /**
   * Scripts of static pages: a host, or the hash of an inline script. On all other pages a script
   * needs the nonce of the response instead.
   */
  readonly scripts?: readonly string[];
}

/** The list of this app. `middleware.ts` passes it to the gate. */
export const contentSources: ContentSources = {
  images: [],
  frames: [],
  connections: [],
  fonts: [],
  styles: [],
  media: [],
  scripts: [],
};
