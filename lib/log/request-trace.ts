import { parseTraceId } from "./trace-context";

/** The ids that connect log lines and upstream requests with a request. */
export interface RequestTrace {
  readonly requestId: string;
  readonly traceId: string | undefined;
}

/**
 * Reads the ids of a request. The gate has already set the request id. A request that did not pass
 * the gate gets a new id here.
 */
export function readTrace(headers: Pick<Headers, "get">): RequestTrace {
  return {
    requestId: headers.get("x-request-id") ?? crypto.randomUUID(),
    traceId: parseTraceId(headers.get("traceparent")),
  };
}

/**
 * W3C Trace Context: forwards the trace headers to the next service. They are left out if
 * `traceparent` is malformed.
 */
export function continueTrace(from: Pick<Headers, "get">, to: Headers): void {
  if (parseTraceId(from.get("traceparent")) === undefined) return;
  for (const name of ["traceparent", "tracestate"]) {
    const value = from.get(name);
    if (value !== null) to.set(name, value);
  }
}
