import { LEEWAY_SECONDS } from "./contract";

/** A page that lost its socket opens another one, and should not do so all the time. Seconds. */
const SHORTEST_SOCKET = 10;

/**
 * The life of a WebSocket's token, in seconds.
 *
 * The gate checks the session once, when the socket opens. The backend closes the socket when its
 * token expires, so a revocation reaches sockets that are open.
 */
export function socketLife(ttl: number, maxStale: number): number {
  return Math.min(ttl, Math.max(maxStale, SHORTEST_SOCKET));
}

/**
 * The life of a token that a program takes to FastAPI by itself, in seconds.
 *
 * Nothing checks the session again while such a token lives. FastAPI accepts it for
 * `LEEWAY_SECONDS` after it has expired, so both together are at most `maxStale`. A bound that is
 * shorter than the leeway gets the shortest life that a token can have.
 */
export function programTokenLife(ttl: number, maxStale: number): number {
  return Math.min(ttl, Math.max(maxStale - LEEWAY_SECONDS, 1));
}
