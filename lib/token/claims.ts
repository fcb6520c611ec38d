import type { BetterAuthOptions } from "better-auth";

/**
 * Your own claims, next to those of the contract. They tell FastAPI about a user without a lookup.
 * This file is the only place for them on the Next.js side. On the FastAPI side it is
 * `CustomClaims` in `backend/auth.py` (docs/custom-claims.md).
 */
export type CustomClaims = Record<never, never>;

/**
 * The columns of Better Auth's user table that hold the values of your claims. `npm run migrate`
 * adds them.
 */
export const userFields = {} satisfies NonNullable<BetterAuthOptions["user"]>["additionalFields"];

/** A user as Better Auth stores it, including the fields above. */
export interface UserRecord {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly [field: string]: unknown;
}

/**
 * The custom claims of each token for this user. FastAPI and its logs see them, so they must not
 * contain secrets.
 * @throws if the record holds no valid value. This happens with a cookie from before the field was
 * added: the gate then ignores the cookie and reads the session store.
 */
export function customClaimsOf(_user: UserRecord): CustomClaims {
  return {};
}
