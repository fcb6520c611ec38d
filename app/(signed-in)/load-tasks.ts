import { headers } from "next/headers";
import { ApiError } from "../../lib/api";
import { backend } from "../../lib/backend";
import { reasonOfCall } from "../../lib/backend-api";
import { log } from "../../lib/console-log";
import { readTrace } from "../../lib/request-trace";
import type { Task } from "./tasks/changes";

export type LoadedTasks = { tasks: Task[] } | { failure: LoadFailure };

/** What the visitor may know of it. */
export interface LoadFailure {
  reason: string;
  requestId: string;
}

/** A page is not held up for as long as a change may take: reading again loses nothing. Milliseconds. */
const PAGE_WAITS = 8_000;

/** The visitor's tasks, newest first. That FastAPI fails is an outcome here, so that the rest of the page stands. */
export async function loadTasks(): Promise<LoadedTasks> {
  const api = await backend();
  try {
    return { tasks: await api.get("/api/tasks", { signal: AbortSignal.timeout(PAGE_WAITS) }) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { requestId, traceId } = readTrace(await headers());
    // The only trace on this side: the page shows the request id and nothing of the cause.
    log({
      code: "backend_call_failed",
      request_id: requestId,
      trace_id: traceId,
      what: "load tasks",
      error: reasonOfCall(error),
    });
    return { failure: { reason: reasonFor(error), requestId } };
  }
}

function reasonFor({ status, detail }: ApiError): string {
  return status === 0 || status >= 500
    ? "The task service does not answer just now. Your tasks are safe; try again in a moment."
    : `The task service refused: ${detail}`;
}
