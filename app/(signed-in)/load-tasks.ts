import { headers } from "next/headers";
import { ApiError } from "@/lib/api/client";
import { log } from "@/lib/log/console-log";
import { readTrace } from "@/lib/log/request-trace";
import { backend } from "@/lib/server/backend";
import { describeCallError } from "@/lib/server/backend-api";
import type { TaskPage } from "./tasks/task-list";

export type LoadedTasks = { page: TaskPage } | { failure: LoadFailure };

/** The part of the failure that the visitor may see. */
export interface LoadFailure {
  reason: string;
  requestId: string;
}

/** Timeout of the call. It is shorter than that of a change, because a read can be repeated. */
const TIMEOUT_MS = 8_000;

/**
 * Loads the first page of the visitor's tasks, newest first. If FastAPI fails, it returns the failure instead of
 * throwing it, so that the rest of the page still shows.
 */
export async function loadTasks(): Promise<LoadedTasks> {
  const api = await backend();
  try {
    return { page: await api.get("/api/tasks", { signal: AbortSignal.timeout(TIMEOUT_MS) }) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { requestId, traceId } = readTrace(await headers());
    // Only this log line contains the cause: the page shows just the request id.
    log({
      code: "backend_call_failed",
      request_id: requestId,
      trace_id: traceId,
      what: "load tasks",
      error: describeCallError(error),
    });
    return { failure: { reason: reasonFor(error), requestId } };
  }
}

function reasonFor({ status, detail }: ApiError): string {
  return status === 0 || status >= 500
    ? "The task service does not respond. Your tasks are safe. Try again in a moment."
    : `The task service refused the request: ${detail}`;
}
