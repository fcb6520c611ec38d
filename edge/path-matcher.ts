import { isFolder, isWithin, rootOf } from "../lib/route-patterns";

/** Whether a path is one of the paths of some patterns. */
export type MatchPath = (pathname: string) => boolean;

/**
 * A percent-encoded slash, backslash or NUL, a plain backslash, or a dot segment in any spelling.
 */
const DECEPTIVE = /%2f|%5c|%00|\\|\/(?:\.|%2e){1,2}(?:\/|$)/i;

/** Whether a backend that decodes the path could see a different path than the gate has checked. */
export function isDeceptivePath(pathname: string): boolean {
  return DECEPTIVE.test(pathname);
}

/**
 * Whether Next serves another path at this one: `/_next/data/<build>/api/x.json` is `/api/x`. Only
 * the Pages Router requests such paths.
 *
 * Attack: to the gate such a path is a page, so no rule for `/api/x` and no check of other sites
 * applies. Defence: refuse it.
 */
export function isDataPath(pathname: string): boolean {
  return pathname.startsWith("/_next/data/");
}

/**
 * More that some servers read as another path: repeated slashes, which they merge; a semicolon, after
 * which they cut a segment (`/..;/`); an encoded percent sign, if they decode twice.
 */
const AMBIGUOUS = /\/\/|;|%3b|%25/i;

/** Whether every server reads the path alike. */
export function hasOneReading(pathname: string): boolean {
  return !DECEPTIVE.test(pathname) && !AMBIGUOUS.test(pathname);
}

/**
 * Creates the function that compares paths with these patterns. Exact paths are in a set, and few
 * patterns are folders, so this costs a request next to nothing.
 *
 * Attack: `/blog/..%2faccount` is below `/blog` as text, and could be `/account` to the server that
 * decodes it. Defence: a path with more than one reading is in no folder.
 */
export function createPathMatcher(patterns: readonly string[]): MatchPath {
  const exact = new Set(patterns.filter((pattern) => !isFolder(pattern)));
  const roots = patterns.filter(isFolder).map(rootOf);
  return (pathname) =>
    exact.has(pathname) || (roots.some((root) => isWithin(pathname, root)) && hasOneReading(pathname));
}
