/**
 * A pattern of paths. `/blog` is this one path. `/blog/*` is `/blog` and every path below it, as in
 * Next's `/blog/:path*`. No other patterns exist. Case counts, and a pattern has no encoded
 * characters.
 */
export type RoutePattern = `/${string}`;

const FOLDER = "/*";

/** Whether the pattern has the form `/blog/*`. */
export function isFolder(pattern: string): boolean {
  return pattern.endsWith(FOLDER);
}

/** The path that a pattern begins with: `/blog` of `/blog/*`, and an exact path itself. */
export function rootOf(pattern: string): string {
  return isFolder(pattern) ? pattern.slice(0, -FOLDER.length) : pattern;
}

/** Whether the path is `root` or below it. */
export function isWithin(pathname: string, root: string): boolean {
  return pathname.startsWith(root) && (pathname.length === root.length || pathname[root.length] === "/");
}

/** Whether the path is one of the pattern's paths. */
export function matchesPattern(pathname: string, pattern: string): boolean {
  return isFolder(pattern) ? isWithin(pathname, rootOf(pattern)) : pathname === pattern;
}

/** Next serves a page or a route handler with one slash at the end of its path as well. */
export function withoutTrailingSlash(pathname: string): string {
  const isTrailing = pathname.length > 1 && pathname.endsWith("/") && !pathname.endsWith("//");
  return isTrailing ? pathname.slice(0, -1) : pathname;
}

/** Whether a path exists that both patterns match. */
export function overlap(one: string, other: string): boolean {
  return matchesPattern(rootOf(one), other) || matchesPattern(rootOf(other), one);
}
