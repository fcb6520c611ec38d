import "server-only";
import type { ServerResponse } from "node:http";
import type { BackendSettings } from "../../backends";
import type { Log } from "../../log/log";
import { describeProblem, type ProblemCode, problemResponse } from "../../problem";

/** The gate's instruction to Next to forward the request. */
const REWRITE = "x-middleware-rewrite";

/** What Next sends when a rewrite fails, as plain text with the status 500. */
const FAILED = "Internal Server Error";

/**
 * Handles a rewrite that fails as a relay would.
 *
 * - A backend that is down or silent: Next sends a plain-text 500. It is replaced by the problem
 *   `gate_backend_unreachable` (502) or `gate_backend_timeout` (504).
 * - A backend that breaks off its response: Next ends the response with its text. A response in
 *   chunks would look complete, and with a declared length the client would wait for the rest until
 *   the keep-alive timeout. The connection is closed instead: this is how a client recognises an
 *   incomplete response (RFC 9112 §8).
 *
 * Next calls `response.end` with its text and gives no reason. A response of the backend is piped,
 * so it never reaches `end` as a text. The function is replaced only when Next has the gate's
 * instruction: at that time Next's own wrappers are in place, and this one is outermost.
 */
export function handleForwardFailures(
  response: ServerResponse,
  { timeoutSeconds }: Pick<BackendSettings, "timeoutSeconds">,
  log: Log,
): void {
  const { setHeader } = response;
  response.setHeader = (name, value) => {
    if (name === REWRITE) {
      response.setHeader = setHeader;
      replaceFailure(response, timeoutSeconds * 1000, log);
    }
    return setHeader.call(response, name, value);
  };
}

function replaceFailure(response: ServerResponse, timeoutMs: number, log: Log): void {
  const forwardedAt = performance.now();
  const end = response.end as (...args: unknown[]) => ServerResponse;
  response.end = (...args: unknown[]) => {
    if (args[0] !== FAILED || response.statusCode !== 500) return end.apply(response, args);
    if (response.headersSent) return response.destroy();
    // The timeout starts after the request was sent, so a late response cannot come earlier.
    const isLate = performance.now() - forwardedAt >= timeoutMs;
    return sendProblem(response, isLate ? "gate_backend_timeout" : "gate_backend_unreachable", end, log);
  };
}

function sendProblem(
  response: ServerResponse,
  code: ProblemCode,
  end: (...args: unknown[]) => ServerResponse,
  log: Log,
): ServerResponse {
  const requestId = String(response.getHeader("x-request-id"));
  const { status, headers } = problemResponse(code, requestId);
  log({ code, request_id: requestId, status, route: "backend" });
  response.statusCode = status;
  // It names the backend's address.
  response.removeHeader(REWRITE);
  for (const [name, value] of headers) response.setHeader(name, value);
  return end.call(response, JSON.stringify(describeProblem(code, requestId)));
}
