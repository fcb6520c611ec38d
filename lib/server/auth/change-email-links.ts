import "server-only";
import type { BetterAuthPlugin } from "better-auth";
import { withBasePath } from "../../base-path";
import { routes } from "../../routes";
import { readEmailLink } from "./email-links";
import { onPaths } from "./plugin-hooks";

const FAILED_PAGE = withBasePath("/verify-email?error=PASSWORD_CHANGED", routes);

/**
 * A new password ends the links that approve or confirm a change of email.
 *
 * Attack: a person who knows the password requests a change to an address of their own, and keeps
 * the link. It is a JWT that works for an hour, without a session. The user sets a new password,
 * which ends all sessions, and then the link would still give the account to the other person.
 * Defence: a link works only if it is newer than the password.
 */
export function changeEmailLinks() {
  return {
    id: "change-email-links",
    hooks: {
      before: [
        onPaths(["/verify-email"], async (context) => {
          const { updateTo, userId, iat = 0 } = (await readEmailLink(context)) ?? {};
          if (updateTo === undefined || userId === undefined) return;
          const account = await context.context.internalAdapter.findCredentialAccount(userId);
          if (account && isOlder(iat, account)) throw context.redirect(FAILED_PAGE);
        }),
      ],
    },
  } satisfies BetterAuthPlugin;
}

/** The dates of the row of a password. */
interface Password {
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/**
 * Whether a link may be older than the password. `iat` is in whole seconds, so a link of the same
 * second counts as older. It does not if the password is the first one of the account: nobody can
 * request a link before there is an account.
 */
function isOlder(iat: number, { createdAt, updatedAt }: Password): boolean {
  // Both dates of a new row can differ by milliseconds.
  const isFirst = updatedAt.getTime() - createdAt.getTime() < 1_000;
  const latest = isFirst ? iat + 1 : iat;
  return updatedAt.getTime() >= latest * 1000;
}
