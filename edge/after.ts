/**
 * Goes on with what is there already at once, and with what is under way when it comes. A warm request makes no
 * promise on its way through the gate: hosts that follow asynchronous contexts charge for each.
 */
export function after<T, R>(value: T | Promise<T>, next: (value: T) => R | Promise<R>): R | Promise<R> {
  return isPromise(value) ? value.then(next) : next(value);
}

export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined)?.then === "function";
}
