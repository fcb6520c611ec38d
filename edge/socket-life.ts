/** A page that lost its socket opens another; sooner than this would be a nuisance. Seconds. */
const SHORTEST_SOCKET = 10;

/**
 * A socket is judged once, as it opens. Its token lives no longer than sessions are trusted, and the backend closes the
 * socket as the token runs out: so a revocation reaches those that are open. In seconds.
 */
export function socketLife(ttl: number, maxStale: number): number {
  return Math.min(ttl, Math.max(maxStale, SHORTEST_SOCKET));
}
