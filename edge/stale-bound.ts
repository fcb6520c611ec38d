import { isWithin } from "./classify";

/** A path, and for how long sessions are trusted at it and below it. Seconds. */
export type StaleBounds = readonly (readonly [path: string, seconds: number])[];

/**
 * For how long a request for this path may trust what the store once said, in milliseconds: the deployment's bound, or
 * a shorter one of a path that holds it.
 */
export function createStaleBound(deployment: number, bounds: StaleBounds) {
  const shortest = Math.min(deployment, ...bounds.map(([, seconds]) => seconds));

  return function maxStaleAt(pathname: string): number {
    const path = pathname.includes("%") ? decode(pathname) : pathname;
    // The backend decodes it in a way of its own.
    if (path === undefined) return shortest * 1000;
    let seconds = deployment;
    for (const [root, bound] of bounds) if (bound < seconds && isWithin(path, root)) seconds = bound;
    return seconds * 1000;
  };
}

/** "/api/%61ccount" is "/api/account" to the backend. */
function decode(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
}
