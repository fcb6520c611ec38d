import { describeError } from "../lib/log/describe-error";
import type { Log, LogEntry } from "../lib/log/log";
import { parseTraceId } from "../lib/log/trace-context";
import { type ProblemCode, problems } from "../lib/problem";
import type { OwnDecision } from "./decide";
import type { GateRequest } from "./request";
import type { SessionResult } from "./session/session";

const UNREACHABLE: ProblemCode = "gate_session_store_unreachable";

/** Builds the log line about a request that ends with this problem. */
export function buildLogEntry(
  { requestId, headers, classified }: GateRequest,
  code: ProblemCode,
  error?: unknown,
): LogEntry {
  return {
    code,
    request_id: requestId,
    trace_id: parseTraceId(headers.get("traceparent")),
    status: problems[code].status,
    route: classified.kind,
    error: error === undefined ? undefined : describeError(error),
  };
}

/**
 * Writes a log line if the session store failed, even if the visitor did not need the session, and
 * one for any other refusal.
 */
export function logDecision(
  log: Log,
  request: GateRequest,
  session: SessionResult,
  decision: OwnDecision,
): void {
  const refusal = findRefusal(decision);
  if (session.state === "unreachable") {
    const entry = buildLogEntry(request, UNREACHABLE, session.error);
    log(refusal === UNREACHABLE ? entry : { ...entry, status: undefined });
  }
  if (refusal && refusal !== UNREACHABLE) log(buildLogEntry(request, refusal));
}

/** The problem to log. A redirect is not a refusal: the visitor only has to sign in first. */
function findRefusal(decision: OwnDecision): ProblemCode | undefined {
  switch (decision.do) {
    case "refuse":
      return decision.code;
    case "show-unavailable":
      return UNREACHABLE;
    case "pass":
    case "redirect":
    case "redirect-action":
      return undefined;
    default:
      decision satisfies never;
      return "gate_failed";
  }
}
