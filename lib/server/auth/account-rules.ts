import "server-only";
import type { BetterAuthPlugin } from "better-auth";
import { APIError, getAuthoritativeSessionFromCtx } from "better-auth/api";
import { type HookContext, onPaths } from "./plugin-hooks";

/**
 * Rules that Better Auth does not have:
 *
 * - An email can be requested only while the mail server accepts one.
 * - A change of email, the deletion of an account and a new API key require the password, even
 *   with a fresh session.
 * - Only a signed-in visitor can request a confirmation email.
 */
export function accountRules(checkMail: () => Promise<void>) {
  return {
    id: "account-rules",
    hooks: {
      before: [
        onPaths(["/request-password-reset"], async () => {
          // This runs before the account is looked up, so the response is the same for every
          // address.
          await checkMail();
        }),
        onPaths(["/send-verification-email"], async (context) => {
          await requireSession(context);
          await checkMail();
        }),
        onPaths(["/change-email"], async (context) => {
          await checkPassword(context);
          await checkMail();
        }),
        onPaths(["/delete-user", "/api-key/create"], checkPassword),
      ],
    },
  } satisfies BetterAuthPlugin;
}

/** @throws {APIError} 401 if the request has no session */
export async function requireSession(context: HookContext) {
  const found = await getAuthoritativeSessionFromCtx(context);
  if (!found) throw new APIError("UNAUTHORIZED", { code: "UNAUTHORIZED", message: "You are signed out." });
  return found;
}

/**
 * Checks the password. Users without one, who sign in through another site, are left to Better
 * Auth's own rules.
 */
async function checkPassword(context: HookContext): Promise<void> {
  const { user } = await requireSession(context);
  const { internalAdapter, password } = context.context;
  const hash = (await internalAdapter.findCredentialAccount(user.id))?.password;
  if (!hash) return;
  const entered: unknown = context.body?.password;
  const isPossible = typeof entered === "string" && entered.length <= password.config.maxPasswordLength;
  if (!isPossible || !(await password.verify({ hash, password: entered }))) {
    throw new APIError("BAD_REQUEST", { code: "INVALID_PASSWORD", message: "That is not your password." });
  }
}
