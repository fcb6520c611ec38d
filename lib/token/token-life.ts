import { LEEWAY_SECONDS } from "./contract";

/**
 * Shortest lifetime of a socket. A page that loses its socket opens a new one, and should not do so
 * constantly. Seconds.
 */
const SHORTEST_SOCKET = 10;

/**
 * The lifetime of a WebSocket's token, in seconds.
 *
 * The gate checks the session once, when the socket opens. The backend closes the socket when its
 * token expires, so a revocation also reaches open sockets.
 */
export function socketLife(ttl: number, maxStale: number): number {
  return Math.min(ttl, Math.max(maxStale, SHORTEST_SOCKET));
}

/**
 * When a WebSocket's token is issued, in milliseconds since the epoch: not later than `now`, and so
 * that it expires when the session's last check is no longer trusted. Otherwise a socket that opens
 * just before that moment would add a second bound to the first.
 * @param verifiedAt when the store confirmed the session, in milliseconds since the epoch
 */
export function socketIssuedAt(now: number, verifiedAt: number, ttl: number, maxStale: number): number {
  const trustedUntil = verifiedAt + Math.max(maxStale, SHORTEST_SOCKET) * 1000;
  return Math.min(now, trustedUntil - socketLife(ttl, maxStale) * 1000);
}

/**
 * The lifetime of a token that a program sends to FastAPI directly, in seconds.
 *
 * Nothing checks the session again while such a token is valid. FastAPI accepts it for
 * `LEEWAY_SECONDS` after it has expired, so lifetime and leeway together are at most `maxStale`. If
 * `maxStale` is not longer than the leeway, the lifetime is the shortest possible: one second.
 */
export function programTokenLife(ttl: number, maxStale: number): number {
  return Math.min(ttl, Math.max(maxStale - LEEWAY_SECONDS, 1));
}
