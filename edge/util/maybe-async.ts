/** A value that is known already, or a promise of it. */
export type MaybeAsync<T> = T | Promise<T>;

/**
 * Calls `next` at once with a value, or later with the result of a promise. So a warm request
 * creates no promise on its way through the gate: each promise costs time on hosts that track
 * asynchronous contexts (docs/decisions/011-the-warm-path.md).
 */
export function mapMaybeAsync<T, R>(value: MaybeAsync<T>, next: (value: T) => MaybeAsync<R>): MaybeAsync<R> {
  return isPromise(value) ? value.then(next) : next(value);
}

/**
 * Calls `run` and passes its result on, after `onDone` or `onError` was called with it. Synchronous
 * if `run` is.
 */
export function tapMaybeAsync<T>(
  run: () => MaybeAsync<T>,
  onDone: (value: T) => void,
  onError: (error: unknown) => void,
): MaybeAsync<T> {
  const done = (value: T) => {
    onDone(value);
    return value;
  };
  const fail = (error: unknown): never => {
    onError(error);
    throw error;
  };
  let result: MaybeAsync<T>;
  try {
    result = run();
  } catch (error) {
    return fail(error);
  }
  return isPromise(result) ? result.then(done, fail) : done(result);
}

export function isPromise<T>(value: MaybeAsync<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined)?.then === "function";
}
