const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/**
 * How long sessions live, in seconds, for Better Auth's options and for the gate's own lookup.
 * `tests/system/session-store.test.ts` compares the two.
 */
export const sessionLifetime = {
  /** A session ends this long after it was created or last extended. */
  expiresIn: 7 * DAY,
  /** A session is extended at most this often. */
  updateAge: DAY,
  /** A user without a password can delete the account only within this time of signing in. */
  freshAge: 10 * MINUTE,
} as const;
