import "server-only";
import { APIError } from "better-auth/api";
import { log } from "../../log/console-log";
import { describeError } from "../../log/describe-error";
import { MailError } from "../mail/mail";

/**
 * For `.catch`: writes the cause to the log, and throws an error for the page.
 * @throws {APIError} 503
 */
export function throwMailFailure(error: unknown): never {
  const isUnset = error instanceof MailError && error.code === "MAIL_NOT_CONFIGURED";
  const replyCode = recipientRefusal(error);
  if (replyCode !== undefined) log({ code: "mail_refused", what: `SMTP ${replyCode}` });
  else log({ code: isUnset ? "mail_not_configured" : "mail_not_sent", error: describeError(error) });
  throw new APIError("SERVICE_UNAVAILABLE", {
    code: isUnset ? "MAIL_NOT_CONFIGURED" : "MAIL_NOT_SENT",
    message: isUnset
      ? "This site has no mail server, so it cannot send email. Tell the person who runs it."
      : "The email could not be sent just now. Try again in a moment.",
  });
}

/**
 * The reply code of the mail server if it refuses the recipient (RFC 5321 §4.2.1). This is not a
 * failure of the app: anyone can sign up with an address that does not exist. The text of the reply
 * is left out, because it can contain the address.
 */
function recipientRefusal(error: unknown): number | undefined {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error && "command" in cause && "responseCode" in cause)) return undefined;
  const code = Number(cause.responseCode);
  return cause.command === "RCPT TO" && code >= 500 ? code : undefined;
}
