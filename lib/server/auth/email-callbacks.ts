import "server-only";
import { decodeJwt } from "jose";
import { withBasePath } from "../../base-path";
import { routes } from "../../routes";
import { approveChangeEmail, confirmEmail, newAddressEmail, passwordResetEmail } from "../mail/emails";
import type { Mailer } from "../mail/mail";
import type { Message } from "../mail/message";
import type { EndpointOptions } from "./create-auth";
import { throwMailFailure } from "./mail-failure";

/** How long the link in an email works. The emails state this time (`lib/server/mail/emails.ts`). */
export const LINK_LIFE_SECONDS = 60 * 60;

type Callbacks = Required<
  Pick<EndpointOptions, "sendResetPassword"> &
    Pick<NonNullable<EndpointOptions["emailVerification"]>, "sendVerificationEmail"> &
    Pick<NonNullable<EndpointOptions["changeEmail"]>, "sendChangeEmailConfirmation">
>;

/** The functions that Better Auth calls to send its emails. */
export function createEmailCallbacks(mailer: Mailer): Callbacks {
  const send = (message: Message) => mailer.send(message).catch(throwMailFailure);
  return {
    sendResetPassword: ({ user, url }) =>
      send({ to: user.email, ...passwordResetEmail(linkTo(url, "/reset-password")) }),

    // Better Auth calls this for both kinds of address. Only the token shows whether the address is
    // new.
    sendVerificationEmail: ({ user, url, token }) => {
      const isNew = decodeJwt(token).requestType === "change-email-verification";
      const email = isNew
        ? newAddressEmail(linkTo(url, "/verify-email?done=changed"))
        : confirmEmail(linkTo(url, "/verify-email?done=confirmed"));
      return send({ to: user.email, ...email });
    },

    sendChangeEmailConfirmation: ({ user, newEmail, url }) =>
      send({ to: user.email, ...approveChangeEmail(linkTo(url, "/verify-email?done=approved"), newEmail) }),
  };
}

/**
 * Sets the page that the link leads to. It replaces the `callbackURL` that the caller of the
 * endpoint chose, which could lead the recipient to another page.
 */
function linkTo(link: string, page: string): string {
  const url = new URL(link);
  url.searchParams.set("callbackURL", withBasePath(page, routes));
  return url.href;
}
