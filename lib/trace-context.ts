/** W3C Trace Context §3.2.2: version, trace id, parent id, flags. Later versions may go on after that. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/** The trace that a `traceparent` names; undefined where it is malformed, and then it has to go (§3.3.1.1). */
export function traceIdOf(traceparent: string | null | undefined): string | undefined {
  const [, version, traceId, more] = traceparent?.match(TRACEPARENT) ?? [];
  return version === "00" && more !== undefined ? undefined : traceId;
}
