/**
 * The files that everyone may load: those of `public/`, and the files of `app/` that Next serves as
 * metadata, such as icons and `robots.txt`. `next.config.ts` makes the list.
 */
export interface PublicFiles {
  /** Exact paths, percent-encoded as in a URL. */
  readonly paths: readonly string[];
  /**
   * Paths of metadata that code makes for many pages. `*` is one segment, or a segment without its
   * ending, as in `/sitemap/*.xml`.
   */
  readonly patterns: readonly string[];
}

export const NO_PUBLIC_FILES: PublicFiles = { paths: [], patterns: [] };
