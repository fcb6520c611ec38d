import { splitLocale } from "../../lib/locale-prefix";
import { isFolder, isWithin, rootOf } from "../../lib/route-patterns";

/** A pattern, and how long sessions are trusted at its paths, in seconds. */
export type StaleBounds = readonly (readonly [pattern: string, seconds: number])[];

/** `/account.rsc` and `/account.segments/_tree.segment.rsc` are `/account` on Vercel. */
const ROUTER_ENDING = /\.rsc\/?$/;

/**
 * Creates the function that returns how long a request for a path may trust a result of the store,
 * in milliseconds: the deployment's bound, or a shorter one that applies to the path. `deployment`
 * is in seconds.
 *
 * This compares less strictly than `edge/path-matcher.ts`: a shorter bound for too many paths is
 * safe. So a bound for a page also applies below each of `locales`, in any case, and decoded.
 */
export function createStalenessBound(
  deployment: number,
  bounds: StaleBounds,
  locales: readonly string[] = [],
) {
  const lowerCase = { locales: locales.map((locale) => locale.toLowerCase()) };
  const rules = bounds.map(([pattern, seconds]) => ({
    root: rootOf(pattern),
    isExact: !isFolder(pattern),
    seconds,
  }));
  const shortest = Math.min(deployment, ...bounds.map(([, seconds]) => seconds));

  return function maxStaleAt(pathname: string): number {
    const path = pathname.includes("%") ? decode(pathname) : pathname;
    // The path cannot be decoded here, but the backend may decode it. Or Next's router may read it as
    // another path (`edge/requirements.ts`). The shortest bound is safe.
    if (path === undefined || ROUTER_ENDING.test(path)) return shortest * 1000;
    const seconds = shortestAt(path);
    if (locales.length === 0) return seconds * 1000;
    const { prefix } = splitLocale(path.toLowerCase(), lowerCase);
    return (prefix ? Math.min(seconds, shortestAt(path.slice(prefix.length) || "/")) : seconds) * 1000;
  };

  function shortestAt(path: string): number {
    let seconds = deployment;
    for (const rule of rules) {
      if (rule.seconds < seconds && isWithin(path, rule.root)) {
        // An exact path with a slash at its end is the same page.
        if (rule.isExact && path.length > rule.root.length + 1) continue;
        seconds = rule.seconds;
      }
    }
    return seconds;
  }
}

/** "/api/%61ccount" is "/api/account" to the backend. Undefined: the path cannot be decoded. */
function decode(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
}
