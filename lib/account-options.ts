import { APIError } from "better-auth/api";
import { decodeJwt } from "jose";
import type { EndpointOptions } from "./auth";
import { log } from "./console-log";
import type { Env } from "./env";
import { approveChangeLetter, confirmLetter, newAddressLetter, resetLetter } from "./letters";
import { MailError, type Mailer, type Message } from "./mail";
import { loginPath } from "./next-path";
import { reasonOf } from "./reason";

/** Seconds. The letters say so. */
const LINK_LIFE = 60 * 60;

/** How Better Auth writes to people, and whom it lets sign in through other sites. */
export function accountOptions(env: Pick<Env, "appOrigin" | "providers">, mailer: Mailer) {
  const deliver = (message: Message) => mailer.send(message).catch(explainMailFailure);
  return {
    emailAndPassword: {
      resetPasswordTokenExpiresIn: LINK_LIFE,
      sendResetPassword: ({ user, url }) =>
        deliver({ to: user.email, ...resetLetter(leadingTo(url, "/reset-password")) }),
    },
    emailVerification: {
      // Nothing is promised where nothing can be sent.
      sendOnSignUp: mailer.isConfigured,
      expiresIn: LINK_LIFE,
      // Better Auth asks for both: the token alone says whether the address is a new one.
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
    // A provider's tokens are of no use here: what is not kept cannot be stolen.
    databaseHooks: {
      account: { create: { before: withoutTokens }, update: { before: withoutTokens } },
    },
    onAPIError: { errorURL: env.appOrigin + loginPath("/") },
  } satisfies EndpointOptions;
}

/** The link, with the page it ends at: ours, and none that whoever asked for the message has chosen. */
function leadingTo(link: string, page: string): string {
  const url = new URL(link);
  url.searchParams.set("callbackURL", page);
  return url.href;
}

/**
 * For `.catch`: tells the log what happened, and the page that it did.
 * @throws {APIError} 503
 */
export function explainMailFailure(error: unknown): never {
  const isUnset = error instanceof MailError && error.code === "MAIL_NOT_CONFIGURED";
  const refusal = refusalOfRecipient(error);
  if (refusal !== undefined) log({ code: "mail_refused", what: `SMTP ${refusal}` });
  else log({ code: isUnset ? "mail_not_configured" : "mail_not_sent", error: reasonOf(error) });
  throw new APIError("SERVICE_UNAVAILABLE", {
    code: isUnset ? "MAIL_NOT_CONFIGURED" : "MAIL_NOT_SENT",
    message: isUnset
      ? "This site has no mail server, so no email can be sent. Tell whoever runs it."
      : "The email could not be sent just now. Try again in a moment.",
  });
}

/**
 * The mail server's reply code where it refuses the recipient (RFC 5321 §4.2.1): anybody can sign up with an address that
 * does not exist, and that is no failure. The words of the reply may hold the address, and are left out.
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
