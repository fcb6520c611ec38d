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
 * The registered claims of RFC 7519 §4.1, the contract's other claims, and your custom claims.
 * Times in seconds since the epoch.
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
  /** When the user signed in. OpenID Connect Core §2. */
  auth_time?: number;
  /** The user's role, or several with commas between them. */
  role?: string;
  org?: Organization;
  /** What a program may do: names with spaces between them. RFC 6749 §3.3. */
  scope?: string;
  /** The program that uses the token. RFC 8693 §4.3. */
  client_id?: string;
  purpose?: Purpose;
}

/** An organisation, and what one member is in it. */
export interface Organization {
  readonly id: string;
  readonly slug: string;
  /** The member's role, or several with commas between them: see {@link hasOrgRole}. */
  readonly role: string;
}

/** The user and session that a token is for. */
export interface Identity {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  /** Whether the user has verified the email address. It is not in the token. */
  readonly emailVerified?: boolean | undefined;
  readonly sessionId: string;
  /** When the user signed in, in seconds since the epoch. */
  readonly authTime?: number | undefined;
  /** The user's role, or several with commas between them: see {@link hasRole}. */
  readonly role?: string | undefined;
  /** The organisation that is active in the session, if the user is a member of it. */
  readonly org?: Organization | undefined;
  /**
   * What a program may do, such as `tasks:read tasks:write`. Undefined in a session of the user,
   * which may do everything that the user may.
   */
  readonly scope?: string | undefined;
  /** The program that acts for the user, such as the id of an API key. */
  readonly clientId?: string | undefined;
  readonly custom: CustomClaims;
}

/** What an identity contains of a Better Auth session. */
export interface SessionFields {
  readonly id: string;
  /**
   * Better Auth sets it at sign-in. An extension of the session does not change it. Undefined: it
   * is not known when the user signed in.
   */
  readonly createdAt?: Date;
}

/**
 * Returns the identity of a Better Auth session. FastAPI refuses a token of more than 8,192
 * characters, so a name or an email that was stored before there were limits is cut.
 * @param org the active organisation, only if the store has confirmed the membership
 * @throws if `createdAt` is an invalid date, and what `customClaimsOf` throws
 */
export function identityOf(user: UserRecord, { id, createdAt }: SessionFields, org?: Organization): Identity {
  return {
    userId: user.id,
    email: cutText(user.email, fieldLimits.email),
    name: cutText(user.name, fieldLimits.name),
    emailVerified: user.emailVerified === true,
    sessionId: id,
    authTime: createdAt && wholeSeconds(createdAt),
    // Only where the app has this column (docs/authorization.md).
    role: typeof user.role === "string" && user.role !== "" ? user.role : undefined,
    org: org && {
      id: org.id,
      slug: cutText(org.slug, fieldLimits.slug),
      // Better Auth removes white space and empty names wherever it compares roles.
      role: cutText(org.role.split(",").map(trim).filter(Boolean).join(","), fieldLimits.field),
    },
    custom: customClaimsOf(user),
  };
}

const trim = (text: string) => text.trim();

function wholeSeconds(date: Date): number {
  const seconds = Math.floor(date.getTime() / 1000);
  if (Number.isNaN(seconds)) throw new Error("the session's createdAt is an invalid date");
  return seconds;
}

/**
 * Whether the user has one of these roles. Better Auth's `admin` plugin stores several roles in one
 * text, with commas between them.
 */
export function hasRole({ role }: Pick<Identity, "role">, wanted: readonly string[]): boolean {
  return role?.split(",").some((one) => wanted.includes(one)) ?? false;
}

/** Whether the member has one of these roles in the active organisation. */
export function hasOrgRole({ org }: Pick<Identity, "org">, wanted: readonly string[]): boolean {
  return org !== undefined && hasRole(org, wanted);
}

/** The `kid` of a key: the first 16 hex digits of the SHA-256 of its UTF-8 bytes. */
export async function keyId(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
