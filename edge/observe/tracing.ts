import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Log } from "../../lib/log/log";
import type { GateRequest } from "../request";
import type { Steps } from "../steps";
import { isPromise, mapMaybeAsync } from "../util/maybe-async";

/**
 * Wraps the steps of the gate in OpenTelemetry spans, below the span that Next makes for the
 * middleware. Imported only where traces are exported, so that no other bundle contains it
 * (docs/decisions/014-watching.md).
 */
export function withSpans(steps: Steps): Steps {
  /** Runs a step in a new span. The span ends when the step ends. */
  function inSpan<T>(name: string, kind: SpanKind, asked: GateRequest, step: (span: Span) => T | Promise<T>) {
    const attributes = { "gatehouse.request_id": asked.requestId };
    // Get the tracer for each span: `@vercel/otel` registers itself with its own copy of the API,
    // and a tracer that was obtained before would never record anything.
    const tracer = trace.getTracer("gatehouse");
    return tracer.startActiveSpan(name, { kind, attributes }, (span): T | Promise<T> => {
      const end = (value: T) => {
        span.end();
        return value;
      };
      const fail = (error: unknown): never => {
        // The log has the error. An error message may contain personal data, so the span has none.
        span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
        throw error;
      };
      let outcome: T | Promise<T>;
      try {
        outcome = step(span);
      } catch (error) {
        return fail(error);
      }
      return isPromise(outcome) ? outcome.then(end, fail) : end(outcome);
    });
  }

  return {
    ...steps,
    session: (asked) =>
      inSpan("session", SpanKind.INTERNAL, asked, (span) =>
        mapMaybeAsync(steps.session(asked), (answer) => {
          span.setAttribute("gatehouse.session.state", answer.state);
          if (answer.state === "active") span.setAttribute("gatehouse.session.source", answer.source);
          if (answer.state === "unreachable") span.setStatus({ code: SpanStatusCode.ERROR });
          return answer;
        }),
      ),
    mint: (asked, session) => inSpan("mint", SpanKind.INTERNAL, asked, () => steps.mint(asked, session)),
    /**
     * The gate's part only: after a rewrite the platform continues, and the span of a relay ends
     * with the first byte of the response.
     */
    forward: (asked, token) =>
      inSpan("upstream", SpanKind.CLIENT, asked, (span) =>
        mapMaybeAsync(steps.forward(continued(asked), token), (response) => {
          if (!response.headers.has("x-middleware-rewrite")) {
            span.setAttribute("http.response.status_code", response.status);
          }
          return response;
        }),
      ),
  };
}

/** The request as the backend receives it: the trace continues from the active span. */
function continued(asked: GateRequest): GateRequest {
  const headers = new Map(asked.headers);
  headers.delete("tracestate");
  propagation.inject(context.active(), headers, { set: (carrier, name, value) => carrier.set(name, value) });
  return { ...asked, headers };
}

/** Writes the ID of the exported trace into each log line, even if the client has sent no trace. */
export function inTrace(log: Log): Log {
  return (entry) => {
    const traceId = trace.getActiveSpan()?.spanContext().traceId;
    log(traceId === undefined ? entry : { ...entry, trace_id: traceId });
  };
}
