import type { BetterAuthPlugin } from "better-auth";
import { APIError, createAuthMiddleware, getAuthoritativeSessionFromCtx } from "better-auth/api";

/**
 * What Better Auth leaves open. A message is asked for only while one can be sent; the email and the account itself go
 * with the password alone, however fresh the session; only a signed-in visitor asks for a confirmation.
 */
export function accountRules(checkMail: () => Promise<void>) {
  return {
    id: "account-rules",
    hooks: {
      before: [
        on(["/request-password-reset"], async () => {
          // Before it is known whether there is such an account: the answer is the same for every address.
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

/** Whoever has no password, since they sign in through another site, is left to Better Auth's own rules. */
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
