import type { Instrumentation } from "next";
import { log } from "./lib/console-log";
import { reasonOf } from "./lib/reason";
import { readTrace } from "./lib/request-trace";

/** Next calls this for whatever fails while it answers: a page, a route, an action. */
export const onRequestError: Instrumentation.onRequestError = (error, request, { routeType, routePath }) => {
  const { requestId, traceId } = readTrace({ get: (name) => [request.headers[name]].flat()[0] ?? null });
  const digest = error instanceof Error && "digest" in error ? String(error.digest) : undefined;
  log({
    code: "page_failed",
    request_id: requestId,
    trace_id: traceId,
    what: `${routeType} ${routePath}`,
    digest,
    error: reasonOf(error),
  });
};
