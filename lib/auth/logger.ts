import type { BetterAuthOptions } from "better-auth";
import { log } from "../log/console-log";
import { describeError } from "../log/describe-error";
import { redact } from "../log/redact";
import type { RequestTrace } from "../log/request-trace";

/**
 * Messages that are not logged here: the request has its own log line for a refusal, and for an
 * error that is thrown to the caller.
 */
const TOLD_ELSEWHERE = /^(INTERNAL_SERVER_ERROR$|Invalid |Blocked cross-site )/;

/**
 * Writes Better Auth's errors to the log in this app's format, without the values that they are
 * about.
 */
export const authLogger: NonNullable<BetterAuthOptions["logger"]> = {
  log(level, message, ...about) {
    if (level !== "error" || TOLD_ELSEWHERE.test(message)) return;
    const error = about.find((value) => value instanceof Error);
    log({ code: "auth_note", what: redact(message), error: error && describeError(error) });
  },
};

/**
 * Writes one log line for each refusal of Better Auth, such as a wrong password, another origin or
 * too many attempts.
 */
export async function reportRefusal(response: Response, { requestId, traceId }: RequestTrace): Promise<void> {
  const { status } = response;
  if (status < 400) return;
  const what = await codeIn(response.clone());
  log({ code: "auth_refused", request_id: requestId, trace_id: traceId, status, route: "open-api", what });
}

async function codeIn(response: Response): Promise<string | undefined> {
  try {
    const { code } = await response.json();
    return typeof code === "string" && /^[A-Z0-9_]{1,80}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
}
