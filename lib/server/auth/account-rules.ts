import type { BetterAuthPlugin } from "better-auth";
import { APIError, createAuthMiddleware, getAuthoritativeSessionFromCtx } from "better-auth/api";

/**
 * Rules that Better Auth does not have:
 *
 * - An email can be requested only while the mail server accepts one.
 * - A change of email and the deletion of an account require the password, even with a fresh
 *   session.
 * - Only a signed-in visitor can request a confirmation email.
 */
export function accountRules(checkMail: () => Promise<void>) {
  return {
    id: "account-rules",
    hooks: {
      before: [
        on(["/request-password-reset"], async () => {
          // This runs before the account is looked up, so the response is the same for every
          // address.
          await checkMail();
        }),
        on(["/send-verification-email"], async (context) => {
          await sessionOf(context);
          await checkMail();
        }),
        on(["/change-email"], async (context) => {
          await askPassword(context);
          await checkMail();
        }),
        on(["/delete-user"], askPassword),
      ],
    },
  } satisfies BetterAuthPlugin;
}

type Handler = Parameters<typeof createAuthMiddleware>[0];
type Context = Parameters<Handler>[0];

function on(paths: readonly string[], handler: (context: Context) => Promise<void>) {
  return {
    matcher: ({ path }: { path?: string }) => path !== undefined && paths.includes(path),
    handler: createAuthMiddleware(handler),
  };
}

async function sessionOf(context: Context) {
  const found = await getAuthoritativeSessionFromCtx(context);
  if (!found) throw new APIError("UNAUTHORIZED", { code: "UNAUTHORIZED", message: "You are signed out." });
  return found;
}

/**
 * Checks the password. Users without one, who sign in through another site, are left to Better
 * Auth's own rules.
 */
async function askPassword(context: Context): Promise<void> {
  const { user } = await sessionOf(context);
  const { internalAdapter, password } = context.context;
  const hash = (await internalAdapter.findCredentialAccount(user.id))?.password;
  if (!hash) return;
  const given: unknown = context.body?.password;
  const fits = typeof given === "string" && given.length <= password.config.maxPasswordLength;
  if (!fits || !(await password.verify({ hash, password: given }))) {
    throw new APIError("BAD_REQUEST", { code: "INVALID_PASSWORD", message: "That is not your password." });
  }
}
