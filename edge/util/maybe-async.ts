/**
 * Calls `next` at once with a value, or later with the result of a promise. So a warm request
 * creates no promise on its way through the gate: each promise costs time on hosts that track
 * asynchronous contexts (docs/decisions/011-the-warm-path.md).
 */
export function mapMaybeAsync<T, R>(
  value: T | Promise<T>,
  next: (value: T) => R | Promise<R>,
): R | Promise<R> {
  return isPromise(value) ? value.then(next) : next(value);
}

export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined)?.then === "function";
}
