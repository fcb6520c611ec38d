import { isWithin } from "../classify";

/** A path, and how long sessions are trusted at this path and below it, in seconds. */
export type StaleBounds = readonly (readonly [path: string, seconds: number])[];

/**
 * Creates the function that returns how long a request for a path may trust a result of the store,
 * in milliseconds: the deployment's bound, or a shorter one that applies to the path. `deployment`
 * is in seconds.
 */
export function createStalenessBound(deployment: number, bounds: StaleBounds) {
  const shortest = Math.min(deployment, ...bounds.map(([, seconds]) => seconds));

  return function maxStaleAt(pathname: string): number {
    const path = pathname.includes("%") ? decode(pathname) : pathname;
    // The path cannot be decoded here, but the backend may decode it. The shortest bound is safe.
    if (path === undefined) return shortest * 1000;
    let seconds = deployment;
    for (const [root, bound] of bounds) if (bound < seconds && isWithin(path, root)) seconds = bound;
    return seconds * 1000;
  };
}

/** "/api/%61ccount" is "/api/account" to the backend. Undefined: the path cannot be decoded. */
function decode(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
}
