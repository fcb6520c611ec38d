import { splitLocale } from "../../lib/locale-prefix";
import { matchesPattern } from "../../lib/route-patterns";
import { readingsOf } from "../path-readings";

/** A pattern, and how long sessions are trusted at its paths, in seconds. */
export type StaleBounds = readonly (readonly [pattern: string, seconds: number])[];

/**
 * Creates the function that returns how long a request for a path may trust a result of the store,
 * in milliseconds: the deployment's bound, or a shorter one that applies to the path. `deployment`
 * is in seconds.
 *
 * This compares less strictly than `edge/path-matcher.ts`: a shorter bound for too many paths is
 * safe. So a bound applies to every path that a server could read as one in its pattern. It also
 * applies below each of `locales`, in any case.
 */
export function createStalenessBound(
  deployment: number,
  bounds: StaleBounds,
  locales: readonly string[] = [],
) {
  const lowerCase = { locales: locales.map((locale) => locale.toLowerCase()) };

  return function maxStaleAt(pathname: string): number {
    return Math.min(...readingsOf(pathname).map(shortestInEachLocale)) * 1000;
  };

  function shortestInEachLocale(path: string): number {
    const seconds = shortestAt(path);
    if (locales.length === 0) return seconds;
    const { prefix } = splitLocale(path.toLowerCase(), lowerCase);
    return prefix ? Math.min(seconds, shortestAt(path.slice(prefix.length) || "/")) : seconds;
  }

  function shortestAt(path: string): number {
    let shortest = deployment;
    for (const [pattern, seconds] of bounds) {
      if (seconds < shortest && matchesPattern(path, pattern)) shortest = seconds;
    }
    return shortest;
  }
}
