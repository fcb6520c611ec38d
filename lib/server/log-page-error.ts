import "server-only";
import type { Instrumentation } from "next";
import { log } from "../log/console-log";
import { describeError } from "../log/describe-error";
import { readTrace } from "../log/request-trace";

/** Writes one line to the log for an error of a page, a route handler or a server action. */
export const logPageError: Instrumentation.onRequestError = (error, request, { routeType, routePath }) => {
  const { requestId, traceId } = readTrace({ get: (name) => [request.headers[name]].flat()[0] ?? null });
  const digest = error instanceof Error && "digest" in error ? String(error.digest) : undefined;
  log({
    // A client can send an invalid router state to any page. That is not an error of the page.
    code: isAboutRouterState(error) ? "page_unreadable_state" : "page_failed",
    request_id: requestId,
    trace_id: traceId,
    what: `${routeType} ${routePath}`,
    digest,
    error: describeError(error),
  });
};

/** Next has three errors with this text: the header is invalid, too large, or sent twice. */
function isAboutRouterState(error: unknown): boolean {
  return error instanceof Error && /router state header/.test(error.message);
}
