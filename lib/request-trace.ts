import { traceIdOf } from "./trace-context";

/** What ties that which is done for a request to the request. */
export interface RequestTrace {
  readonly requestId: string;
  readonly traceId: string | undefined;
}

/** The gate has given the request its id. Where the gate does not stand in front, it gets one here. */
export function readTrace(headers: Pick<Headers, "get">): RequestTrace {
  return {
    requestId: headers.get("x-request-id") ?? crypto.randomUUID(),
    traceId: traceIdOf(headers.get("traceparent")),
  };
}

/** W3C Trace Context: how the next one down the line learns of the trace. A header that cannot be read is not passed on. */
export function continueTrace(from: Pick<Headers, "get">, to: Headers): void {
  if (traceIdOf(from.get("traceparent")) === undefined) return;
  for (const name of ["traceparent", "tracestate"]) {
    const value = from.get(name);
    if (value !== null) to.set(name, value);
  }
}
