/** Seconds. */
const DAY = 24 * 60 * 60;

/**
 * How long a session lives, in seconds, for Better Auth's options and for the gate's own lookup.
 * `tests/system/session-store.test.ts` compares the two.
 */
export const sessionLifetime = {
  /** From the sign-in, and again from each extension. */
  expiresIn: 7 * DAY,
  /** A session that is used is extended when this time has passed since the last extension. */
  updateAge: DAY,
} as const;
