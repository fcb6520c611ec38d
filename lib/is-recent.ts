/**
 * Whether less than `limit` has passed since `time`. All three are in milliseconds.
 *
 * A time in the future is not recent. When a clock steps back by an hour, everything that was
 * stored before would otherwise count for an hour longer than it may.
 */
export function isRecent(time: number, now: number, limit: number): boolean {
  const age = now - time;
  return age >= 0 && age < limit;
}
