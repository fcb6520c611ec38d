import "server-only";

/** One state for each Node process: Next bundles route handlers apart from `instrumentation.ts`. */
const shared = globalThis as { __gatehouseStopping?: boolean };

/** Records that this process received a signal to stop. */
export function markStopping(): void {
  shared.__gatehouseStopping = true;
}

/** Whether this process will stop soon, so that it should get no new requests. */
export function isStopping(): boolean {
  return shared.__gatehouseStopping === true;
}
