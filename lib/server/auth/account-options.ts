import { APIError } from "better-auth/api";
import { decodeJwt } from "jose";
import type { EndpointOptions } from "../../auth/options";
import type { Env } from "../../env";
import { log } from "../../log/console-log";
import { describeError } from "../../log/describe-error";
import { loginPath } from "../../redirect-target";
import { routes } from "../../routes";
import { approveChangeLetter, confirmLetter, newAddressLetter, resetLetter } from "../mail/emails";
import { MailError, type Mailer, type Message } from "../mail/mail";

/** Seconds. The emails state this time (`lib/server/mail/emails.ts`). */
const LINK_LIFE = 60 * 60;

/** Better Auth's options for emails, and for sign-in through other sites. */
export function accountOptions(env: Pick<Env, "appOrigin" | "providers">, mailer: Mailer) {
  const deliver = (message: Message) => mailer.send(message).catch(explainMailFailure);
  return {
    emailAndPassword: {
      resetPasswordTokenExpiresIn: LINK_LIFE,
      sendResetPassword: ({ user, url }) =>
        deliver({ to: user.email, ...resetLetter(leadingTo(url, "/reset-password")) }),
    },
    emailVerification: {
      // Without a mail server, a sign-up sends no email.
      sendOnSignUp: mailer.isConfigured,
      expiresIn: LINK_LIFE,
      // Better Auth calls this for both kinds of address. Only the token shows whether the address
      // is new.
      sendVerificationEmail: ({ user, url, token }) => {
        const isNew = decodeJwt(token).requestType === "change-email-verification";
        const letter = isNew
          ? newAddressLetter(leadingTo(url, "/verify-email?done=changed"))
          : confirmLetter(leadingTo(url, "/verify-email?done=confirmed"));
        return deliver({ to: user.email, ...letter });
      },
    },
    user: {
      changeEmail: {
        enabled: true,
        sendChangeEmailConfirmation: ({ user, newEmail, url }) =>
          deliver({
            to: user.email,
            ...approveChangeLetter(leadingTo(url, "/verify-email?done=approved"), newEmail),
          }),
      },
    },
    socialProviders: env.providers,
    // This app does not use a provider's tokens. A token that is not stored cannot be stolen.
    databaseHooks: {
      account: { create: { before: withoutTokens }, update: { before: withoutTokens } },
    },
    onAPIError: { errorURL: env.appOrigin + loginPath("/", routes) },
  } satisfies EndpointOptions;
}

/**
 * Sets the page that the link leads to. It replaces the `callbackURL` that the caller of the
 * endpoint chose, which could lead the recipient to another page.
 */
function leadingTo(link: string, page: string): string {
  const url = new URL(link);
  url.searchParams.set("callbackURL", page);
  return url.href;
}

/**
 * For `.catch`: writes the cause to the log, and throws an error for the page.
 * @throws {APIError} 503
 */
export function explainMailFailure(error: unknown): never {
  const isUnset = error instanceof MailError && error.code === "MAIL_NOT_CONFIGURED";
  const refusal = refusalOfRecipient(error);
  if (refusal !== undefined) log({ code: "mail_refused", what: `SMTP ${refusal}` });
  else log({ code: isUnset ? "mail_not_configured" : "mail_not_sent", error: describeError(error) });
  throw new APIError("SERVICE_UNAVAILABLE", {
    code: isUnset ? "MAIL_NOT_CONFIGURED" : "MAIL_NOT_SENT",
    message: isUnset
      ? "This site has no mail server, so no email can be sent. Tell whoever runs it."
      : "The email could not be sent just now. Try again in a moment.",
  });
}

/**
 * The reply code of the mail server if it refuses the recipient (RFC 5321 §4.2.1). This is not a
 * failure of the app: anyone can sign up with an address that does not exist. The text of the reply
 * is left out, because it can contain the address.
 */
function refusalOfRecipient(error: unknown): number | undefined {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error && "command" in cause && "responseCode" in cause)) return undefined;
  const code = Number(cause.responseCode);
  return cause.command === "RCPT TO" && code >= 500 ? code : undefined;
}

async function withoutTokens(account: Record<string, unknown>) {
  return { data: { ...account, accessToken: null, refreshToken: null, idToken: null } };
}
