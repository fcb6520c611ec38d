/**
 * Whether less than `limit` has passed since `time`. All three are in milliseconds.
 *
 * A time in the future is not recent. Otherwise, if the clock is set back by an hour, everything
 * that was stored before would be recent for an hour longer.
 */
export function isRecent(time: number, now: number, limit: number): boolean {
  const age = now - time;
  return age >= 0 && age < limit;
}
