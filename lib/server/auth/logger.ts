import "server-only";
import type { BetterAuthOptions } from "better-auth";
import { log } from "../../log/console-log";
import { describeError } from "../../log/describe-error";
import { redact } from "../../log/redact";

/**
 * Messages that are not logged here: the request has its own log line for a refusal, and for an
 * error that is thrown to the caller.
 */
const LOGGED_ELSEWHERE = /^(INTERNAL_SERVER_ERROR$|Invalid |Blocked cross-site )/;

/** Writes Better Auth's errors to the log in this app's format, without the values in them. */
export const authLogger: NonNullable<BetterAuthOptions["logger"]> = {
  log(level, message, ...details) {
    if (level !== "error" || LOGGED_ELSEWHERE.test(message)) return;
    const error = details.find((value) => value instanceof Error);
    log({ code: "auth_note", what: redact(message), error: error && describeError(error) });
  },
};
