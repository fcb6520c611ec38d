import type { ProblemCode } from "./problem";
import type { RouteKind } from "./routes";

export type LogLevel = "info" | "warn" | "error";

/**
 * Every line of the log has one of these codes; they are stable. `info`: somebody was refused what they may not have.
 * `warn`: what no page of ours sends. `error`: a fault. docs/logs.md explains each, and a test holds it to that.
 */
export const logLevels = {
  gate_signed_out: "info",
  gate_cross_site: "warn",
  gate_bad_path: "warn",
  gate_not_websocket: "warn",
  gate_not_for_router: "warn",
  gate_length_required: "warn",
  gate_body_too_large: "info",
  gate_not_embeddable: "warn",
  header_not_forwarded: "info",
  gate_session_store_unreachable: "error",
  gate_upload_timeout: "info",
  gate_backend_unreachable: "error",
  gate_backend_timeout: "error",
  gate_failed: "error",
  auth_unknown_path: "info",
  auth_wrong_method: "info",
  auth_refused: "info",
  auth_note: "warn",
  account_not_deleted: "error",
  mail_not_sent: "error",
  mail_refused: "warn",
  mail_not_configured: "error",
  backend_call_failed: "error",
  page_failed: "error",
  page_unreadable_state: "warn",
  not_ready: "error",
  token_not_for_pages: "warn",
  tracing_not_built: "warn",
} as const satisfies Record<ProblemCode, LogLevel> & Record<string, LogLevel>;

export type LogCode = keyof typeof logLevels;

/**
 * A line of the log. Nothing in it is a person's or a secret: no path, no value of a header, no id
 * of a user's.
 */
export interface LogEntry {
  readonly code: LogCode;
  readonly request_id?: string | undefined;
  /** Of the request's `traceparent`. */
  readonly trace_id?: string | undefined;
  readonly status?: number | undefined;
  readonly route?: RouteKind | undefined;
  /** What failed, in words of ours. */
  readonly what?: string | undefined;
  /** From `reasonOf`. */
  readonly error?: string | undefined;
  /** Next's name for an error of a page, which the page shows too. */
  readonly digest?: string | undefined;
}

export type Log = (entry: LogEntry) => void;

/** One JSON object a line. */
export function createLog(write: (level: LogLevel, line: string) => void, now: () => number): Log {
  return (entry) => {
    const level = logLevels[entry.code];
    write(level, JSON.stringify({ time: new Date(now()).toISOString(), level, ...entry }));
  };
}
