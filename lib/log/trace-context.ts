/**
 * W3C Trace Context §3.2.2: version, trace id, parent id, flags. Later versions may add more
 * fields.
 */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/**
 * Returns the trace id of a `traceparent` header. Undefined if the header is malformed: then it
 * must not be forwarded (§3.3.1.1).
 */
export function parseTraceId(traceparent: string | null | undefined): string | undefined {
  const [, version, traceId, more] = traceparent?.match(TRACEPARENT) ?? [];
  return version === "00" && more !== undefined ? undefined : traceId;
}
