import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Log } from "../../lib/log/log";
import type { GateRequest } from "../request";
import { tapMaybeAsync } from "../util/maybe-async";
import type { Observer, Step, StepResults } from "./observer";

/**
 * The name of each step's span, or undefined for a step without one. `upstream` is the gate's part
 * only: after a rewrite the platform continues, and the span of a relay ends with the first byte of
 * the response.
 */
const SPAN_NAMES: Readonly<Record<Step, string | undefined>> = {
  session: "session",
  decide: undefined,
  mint: "mint",
  forward: "upstream",
  respond: undefined,
};

/** Adds the result of a step to its span. */
const setResult: { readonly [S in Step]: (span: Span, result: StepResults[S]) => void } = {
  session(span, session) {
    span.setAttribute("gatehouse.session.state", session.state);
    if (session.state === "active") span.setAttribute("gatehouse.session.source", session.source);
    if (session.state === "unreachable") span.setStatus({ code: SpanStatusCode.ERROR });
  },
  decide() {},
  mint() {},
  forward(span, response) {
    if (response.headers.has("x-middleware-rewrite")) return;
    span.setAttribute("http.response.status_code", response.status);
  },
  respond() {},
};

/**
 * Makes an OpenTelemetry span of each step, below the span that Next makes for the middleware.
 * Imported only where traces are exported, so that no other bundle contains it
 * (docs/decisions/014-observers.md).
 */
export const tracingObserver: Observer = {
  around(step, request, run) {
    const name = SPAN_NAMES[step];
    if (name === undefined) return run(request);
    const kind = step === "forward" ? SpanKind.CLIENT : SpanKind.INTERNAL;
    const attributes = { "gatehouse.request_id": request.requestId };
    // Get the tracer for each span: `@vercel/otel` registers itself with its own copy of the API,
    // and a tracer that was obtained before would never record anything.
    return trace.getTracer("gatehouse").startActiveSpan(name, { kind, attributes }, (span) =>
      tapMaybeAsync(
        () => run(step === "forward" ? withActiveTrace(request) : request),
        (result) => {
          setResult[step](span, result);
          span.end();
        },
        () => {
          // The log has the error. The span does not: a message may contain personal data.
          span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      ),
    );
  },
};

/** The request as the backend receives it: the trace continues from the active span. */
function withActiveTrace(request: GateRequest): GateRequest {
  const headers = new Map(request.headers);
  headers.delete("tracestate");
  propagation.inject(context.active(), headers, { set: (carrier, name, value) => carrier.set(name, value) });
  return { ...request, headers };
}

/** Writes the ID of the exported trace into each log line, even if the client has sent no trace. */
export function addActiveTrace(log: Log): Log {
  return (entry) => {
    const traceId = trace.getActiveSpan()?.spanContext().traceId;
    log(traceId === undefined ? entry : { ...entry, trace_id: traceId });
  };
}
