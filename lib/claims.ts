import type { BetterAuthOptions } from "better-auth";

/**
 * Claims of your own, beside those of the contract: what FastAPI is to know of a user without asking. All of this side
 * is in this file; FastAPI's is `CustomClaims` in `backend/auth.py` (docs/custom-claims.md).
 */
export type CustomClaims = Record<never, never>;

/** The columns of Better Auth's user table that they are made of; `npm run migrate` adds them. */
export const userFields = {} satisfies NonNullable<BetterAuthOptions["user"]>["additionalFields"];

/** A user as Better Auth keeps it, the fields above among the others. */
export interface UserRecord {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly [field: string]: unknown;
}

/**
 * What each of the user's tokens carries. FastAPI and its logs see it, so it holds nothing secret.
 * @throws when the record holds no fit value: a cookie from before the field is then passed over, and the store asked
 */
export function customClaimsOf(_user: UserRecord): CustomClaims {
  return {};
}
