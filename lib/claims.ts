/**
 * Claims of your own, beside those of the contract: what FastAPI is to know of a user without asking. This is their
 * one place on this side; on FastAPI's it is `CustomClaims` in `backend/auth.py` (docs/custom-claims.md).
 */
export type CustomClaims = Record<never, never>;

/** A user as Better Auth keeps it; the fields of `user.additionalFields` are among the others. */
export interface UserRecord {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly [field: string]: unknown;
}

/**
 * The claims that each of the user's tokens carries. They are in the token alone, so they hold nothing secret.
 * @throws when the record holds no fit value: a cookie from before the field is then passed over, and the store asked
 */
export function customClaimsOf(_user: UserRecord): CustomClaims {
  return {};
}
