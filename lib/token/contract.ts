import { cutText, fieldLimits } from "../auth/field-limits";
import { type CustomClaims, customClaimsOf, type UserRecord } from "./claims";

/**
 * The JWT contract between the gate, which signs, and FastAPI, which verifies.
 * `tests/contract/vectors.json` tests both sides.
 */

/** RFC 8725 §3.1: both sides pin the algorithm and never trust the `alg` header of a token. */
export const JWT_ALGORITHM = "HS256";

/** RFC 7518 §3.2: an HS256 key must be at least as long as the hash output. Bytes. */
export const MIN_KEY_BYTES = 32;

/** Longest lifetime of a token, in seconds. */
export const MAX_TTL_SECONDS = 1800;

/** Longest lifetime of a token with a purpose, in seconds. */
export const MAX_PURPOSE_TTL_SECONDS = 60;

/**
 * The purpose of a token that this server uses itself. FastAPI accepts such a token only for one
 * route, and accepts a user's token, which has no purpose, for all other routes. The gate mints no
 * token with a purpose, so no caller can reach such a route through the gate.
 */
export type Purpose = "delete-account";

/** Largest difference between the two clocks that is tolerated, in seconds. */
export const LEEWAY_SECONDS = 10;

/** Settings of the contract. Both sides must use the same keys, issuer and audience. */
export interface JwtConfig {
  /** The key ring. The first key signs, all keys verify. */
  readonly keys: readonly string[];
  readonly issuer: string;
  readonly audience: string;
  /** Lifetime of a token, in seconds. */
  readonly ttlSeconds: number;
}

/**
 * The registered claims of RFC 7519 §4.1, the contract's own claims `email`, `name`, `sid` and
 * `purpose`, and your custom claims. Times in seconds since the epoch.
 */
export interface BackendClaims extends CustomClaims {
  iss: string;
  aud: string;
  sub: string;
  email: string;
  name: string;
  sid: string;
  jti: string;
  iat: number;
  exp: number;
  purpose?: Purpose;
}

/** The user and session that a token is for. */
export interface Identity {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly sessionId: string;
  readonly custom: CustomClaims;
}

/**
 * Returns the identity of a Better Auth session. FastAPI refuses a token of more than 8,192
 * characters, so a name or an email that was stored before there were limits is cut.
 * @throws what `customClaimsOf` throws
 */
export function identityOf(user: UserRecord, session: { id: string }): Identity {
  return {
    userId: user.id,
    email: cutText(user.email, fieldLimits.email),
    name: cutText(user.name, fieldLimits.name),
    sessionId: session.id,
    custom: customClaimsOf(user),
  };
}

/** The `kid` of a key: the first 16 hex digits of the SHA-256 of its UTF-8 bytes. */
export async function keyId(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
