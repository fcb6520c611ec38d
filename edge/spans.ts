import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Log } from "../lib/log";
import { after, isPromise } from "./after";
import type { Asked } from "./asked";
import type { Steps } from "./steps";

/**
 * The steps of the gate as spans of OpenTelemetry, below the one that Next makes for the middleware. Imported only where traces
 * are exported, so that nobody else's bundle holds it (docs/decisions/014-watching.md).
 */
export function withSpans(steps: Steps): Steps {
  /** Runs a step in a span of its own, which ends with it. */
  function inSpan<T>(name: string, kind: SpanKind, asked: Asked, step: (span: Span) => T | Promise<T>) {
    const attributes = { "gatehouse.request_id": asked.requestId };
    // Asked for each time: one that is asked for before `@vercel/otel` has registered itself, with a copy of the API of its own,
    // would record nothing for ever.
    const tracer = trace.getTracer("gatehouse");
    return tracer.startActiveSpan(name, { kind, attributes }, (span): T | Promise<T> => {
      const end = (value: T) => {
        span.end();
        return value;
      };
      const fail = (error: unknown): never => {
        // The log says what went wrong; what an error says may be about a person.
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
        after(steps.session(asked), (answer) => {
          span.setAttribute("gatehouse.session.state", answer.state);
          if (answer.state === "active") span.setAttribute("gatehouse.session.source", answer.source);
          if (answer.state === "unreachable") span.setStatus({ code: SpanStatusCode.ERROR });
          return answer;
        }),
      ),
    mint: (asked, identity) => inSpan("mint", SpanKind.INTERNAL, asked, () => steps.mint(asked, identity)),
    /** As far as the gate goes: a rewrite is the platform's from here on, and a relay's span ends with the first byte. */
    forward: (asked, token) =>
      inSpan("upstream", SpanKind.CLIENT, asked, (span) =>
        after(steps.forward(continued(asked), token), (response) => {
          if (!response.headers.has("x-middleware-rewrite")) {
            span.setAttribute("http.response.status_code", response.status);
          }
          return response;
        }),
      ),
  };
}

/** The request as the backend is to see it: the span at hand is what its own trace goes on from. */
function continued(asked: Asked): Asked {
  const headers = new Map(asked.headers);
  headers.delete("tracestate");
  propagation.inject(context.active(), headers, { set: (carrier, name, value) => carrier.set(name, value) });
  return { ...asked, headers };
}

/** Log lines name the trace that is exported, also where the client brought none. */
export function inTrace(log: Log): Log {
  return (entry) => {
    const traceId = trace.getActiveSpan()?.spanContext().traceId;
    log(traceId === undefined ? entry : { ...entry, trace_id: traceId });
  };
}
