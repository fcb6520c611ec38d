import { LEEWAY_SECONDS } from "./contract";

/** The settings that limit the life of a token. Both in seconds. */
export interface TokenLimits {
  /** `JWT_TTL_SECONDS`. */
  readonly ttlSeconds: number;
  /** `SESSION_MAX_STALE_SECONDS`. */
  readonly maxStaleSeconds: number;
}

/**
 * Shortest lifetime of a socket. A page that loses its socket opens a new one, and should not do so
 * constantly. Seconds.
 */
const SHORTEST_SOCKET = 10;

/**
 * When a WebSocket's token is issued, in milliseconds since the epoch, and its lifetime.
 *
 * The gate checks the session once, when the socket opens. The backend closes the socket when its
 * token expires, so a revocation also reaches open sockets. The token is issued not later than
 * `now`, and so that it expires when the session's last check is no longer trusted. Otherwise a
 * socket that opens just before that moment would add a second bound to the first.
 * @param now in milliseconds since the epoch
 * @param verifiedAt when the store confirmed the session, in milliseconds since the epoch
 */
export function computeSocketTokenLife(
  now: number,
  verifiedAt: number,
  limits: TokenLimits,
): { issuedAt: number; ttlSeconds: number } {
  const trustedSeconds = Math.max(limits.maxStaleSeconds, SHORTEST_SOCKET);
  const ttlSeconds = Math.min(limits.ttlSeconds, trustedSeconds);
  const trustedUntil = verifiedAt + trustedSeconds * 1000;
  return { issuedAt: Math.min(now, trustedUntil - ttlSeconds * 1000), ttlSeconds };
}

/**
 * The lifetime of a token that a program sends to FastAPI directly, in seconds.
 *
 * Nothing checks the session again while such a token is valid. FastAPI accepts it for
 * `LEEWAY_SECONDS` after it has expired, so lifetime and leeway together are at most
 * `maxStaleSeconds`. If that is not longer than the leeway, the lifetime is the shortest possible:
 * one second.
 */
export function computeProgramTokenTtl({ ttlSeconds, maxStaleSeconds }: TokenLimits): number {
  return Math.min(ttlSeconds, Math.max(maxStaleSeconds - LEEWAY_SECONDS, 1));
}
