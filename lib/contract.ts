import { type CustomClaims, customClaimsOf, type UserRecord } from "./claims";
import { cutText, fieldLimits } from "./field-limits";

/**
 * The JWT contract between the gate (signs) and FastAPI (verifies).
 * `tests/contract/vectors.json` holds it to account on both sides.
 */

/** Pinned on both sides; a token's own header is never asked (RFC 8725 §3.1). */
export const JWT_ALGORITHM = "HS256";

/** RFC 7518 §3.2: an HS256 key is at least as long as the hash it feeds. Bytes. */
export const MIN_KEY_BYTES = 32;

/** Longest life a token may have, in seconds. */
export const MAX_TTL_SECONDS = 1800;

/** Longest life of a token that has a purpose, in seconds. */
export const MAX_PURPOSE_TTL_SECONDS = 60;

/**
 * What a token of this server's own is for: FastAPI takes it for that one route, and a user's token, which has no
 * purpose, for all the others. The gate mints no token with a purpose, so no caller can reach such a route through it.
 */
export type Purpose = "delete-account";

/** How far the two clocks may stand apart, in seconds. */
export const LEEWAY_SECONDS = 10;

/** Settings that both sides must hold alike. */
export interface JwtConfig {
  /** The key ring: the first signs, all verify. */
  readonly keys: readonly string[];
  readonly issuer: string;
  readonly audience: string;
  /** Life of a token, in seconds. */
  readonly ttlSeconds: number;
}

/**
 * RFC 7519 §4.1, the claims that are the contract's, `email`, `name`, `sid` and `purpose`, and yours. Times in seconds.
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

/** Who a token speaks for. */
export interface Identity {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly sessionId: string;
  readonly custom: CustomClaims;
}

/**
 * Who a Better Auth session belongs to. FastAPI refuses a token of more than 8,192 characters: a name or an email from
 * before there were limits is cut.
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

/** `kid` of a key: the first 16 hex digits of the SHA-256 of its bytes. */
export async function keyId(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
