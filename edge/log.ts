import { describeError } from "../lib/log/describe-error";
import type { Log, LogEntry } from "../lib/log/log";
import { traceIdOf } from "../lib/log/trace-context";
import { type ProblemCode, problems } from "../lib/problem";
import type { Decision } from "./decide";
import type { GateRequest } from "./request";
import type { SessionResult } from "./session/reader";

const UNREACHABLE: ProblemCode = "gate_session_store_unreachable";

/**
 * Writes a log line if the session store failed, even if the visitor did not need the session, and
 * one for any other refusal.
 */
export function report(log: Log, asked: GateRequest, session: SessionResult, decision: Decision): void {
  const refusal = refusalIn(decision);
  if (session.state === "unreachable") {
    const status = refusal === UNREACHABLE ? problems[UNREACHABLE].status : undefined;
    log({ ...lineOf(asked, UNREACHABLE), status, error: describeError(session.error) });
  }
  if (refusal && refusal !== UNREACHABLE)
    log({ ...lineOf(asked, refusal), status: problems[refusal].status });
}

/** Writes the log line for an unexpected error in the gate. */
export function reportFailure(log: Log, asked: GateRequest, error: unknown): void {
  const { status } = problems.gate_failed;
  log({ ...lineOf(asked, "gate_failed"), status, error: describeError(error) });
}

/** The problem to log. A redirect is not a refusal: the visitor only has to sign in first. */
function refusalIn(decision: Decision): ProblemCode | undefined {
  switch (decision.do) {
    case "refuse":
      return decision.code;
    case "show-unavailable":
      return UNREACHABLE;
    case "pass":
    case "forward":
    case "redirect":
    case "redirect-action":
      return undefined;
    default:
      decision satisfies never;
      return "gate_failed";
  }
}

function lineOf({ requestId, headers, classified }: GateRequest, code: ProblemCode): LogEntry {
  return {
    code,
    request_id: requestId,
    trace_id: traceIdOf(headers.get("traceparent")),
    route: classified.kind,
  };
}
