import "server-only";
import type { LogEntry } from "../log/log";
import type { RequestTrace } from "../log/request-trace";

/** The fields that each log line about a request to a route handler of this app has. */
export function apiLogFields({ requestId, traceId }: RequestTrace): Omit<LogEntry, "code"> {
  return { request_id: requestId, trace_id: traceId, route: "open-api" };
}
