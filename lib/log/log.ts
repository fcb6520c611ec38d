import type { ProblemCode } from "../problem";
import type { RouteKind } from "../routes";

export type LogLevel = "info" | "warn" | "error";

/**
 * The codes of the log. Every line has one, and they are stable. `info`: an expected refusal or
 * event. `warn`: a request that no page of this app sends, or a problem to check. `error`: a
 * failure. docs/logs.md explains each code, and a test compares both.
 */
export const logLevels = {
  gate_signed_out: "info",
  gate_invalid_credential: "info",
  gate_cross_site: "warn",
  gate_forbidden: "info",
  gate_sign_in_too_old: "info",
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
  auth_busy: "warn",
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
  server_stopping: "info",
  server_cut_requests: "warn",
} as const satisfies Record<ProblemCode, LogLevel> & Record<string, LogLevel>;

export type LogCode = keyof typeof logLevels;

/**
 * A line of the log. It contains no secrets and no personal data: no path, no header value other
 * than the trace id, no user id.
 */
export interface LogEntry {
  readonly code: LogCode;
  readonly request_id?: string | undefined;
  /** The trace id of the request's `traceparent`. */
  readonly trace_id?: string | undefined;
  readonly status?: number | undefined;
  readonly route?: RouteKind | undefined;
  /** What happened: this app's own text, a code, a header name, or a redacted message. */
  readonly what?: string | undefined;
  /** The result of `describeError`. */
  readonly error?: string | undefined;
  /** Next's id for an error of a page. The error page shows it too. */
  readonly digest?: string | undefined;
}

export type Log = (entry: LogEntry) => void;

/**
 * Creates the log. It writes one JSON object per line. `now` returns milliseconds since the epoch.
 */
export function createLog(write: (level: LogLevel, line: string) => void, now: () => number): Log {
  return (entry) => {
    const level = logLevels[entry.code];
    write(level, JSON.stringify({ time: new Date(now()).toISOString(), level, ...entry }));
  };
}
