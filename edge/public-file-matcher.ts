import type { PublicFiles } from "../lib/public-files";
import { hasOneReading, type MatchPath } from "./path-matcher";

/** Creates the function that finds public files. Only metadata of dynamic folders needs a pattern. */
export function createPublicFileMatcher({ paths, patterns }: PublicFiles): MatchPath {
  const exact = new Set(paths);
  if (patterns.length === 0) return (pathname) => exact.has(pathname);
  const expressions = patterns.map(
    (pattern) => new RegExp(`^${pattern.replace(/[^\w/*]/g, "\\$&").replaceAll("*", "[^/]+")}$`),
  );
  return (pathname) =>
    exact.has(pathname) ||
    (expressions.some((expression) => expression.test(pathname)) && hasOneReading(pathname));
}
