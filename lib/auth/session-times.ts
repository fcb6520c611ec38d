const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/** How long a session lives, in seconds. */
export const sessionTimes = {
  /** A session ends after this time, unless it is extended. */
  expiresIn: 7 * DAY,
  /** A session is extended at most this often. */
  updateAge: DAY,
  /** A user without a password can delete the account only within this time of signing in. */
  freshAge: 10 * MINUTE,
} as const;
