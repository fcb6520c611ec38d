import "server-only";
import { createHmac } from "node:crypto";
import type { BetterAuthPlugin } from "better-auth";
import type { AttemptCounter } from "./attempt-counter";
import { createAttemptLimiter } from "./attempt-limiter";
import { authEndpoints, limitsOf } from "./endpoints";
import { createKnownBrowsers } from "./known-browsers";
import { type HookContext, hasSucceeded, onPaths } from "./plugin-hooks";

const servedPaths = Object.keys(authEndpoints);
const limitedPaths = servedPaths.filter((path) => limitsOf(path).length > 0);

/**
 * Counts attempts by account and by address, with the limits of `lib/server/auth/endpoints.ts`. It
 * runs after Better Auth has parsed the request, so the counted values are those that the endpoint
 * uses. docs/decisions/015-rate-limits.md has the reasons.
 *
 * It must come before the plugins that check passwords and send emails.
 *
 * @param secret the key of the hashes is derived from it. The table contains only hashes of emails
 * and addresses, and the cookie contains no email.
 */
export function rateLimits(counter: AttemptCounter, secret: string) {
  // A derived key. With `secret` itself, the hash that the browser holds would also be a valid
  // signature of Better Auth.
  const key = createHmac("sha256", secret).update("auth-limits").digest();
  const hash = (...parts: readonly string[]) =>
    createHmac("sha256", key).update(JSON.stringify(parts)).digest("base64url");
  const browsers = createKnownBrowsers(hash);
  const limiter = createAttemptLimiter(counter, hash, browsers.find);

  async function afterSuccess(context: HookContext, request: Request): Promise<void> {
    await limiter.takeBackFailures(request);
    switch (context.path) {
      case "/sign-in/email":
      case "/sign-up/email":
      case "/change-password":
        // A sign-up that does not sign the user in proves nothing: the account may belong to
        // another person.
        return browsers.add(context, context.context.newSession?.user);
      case "/reset-password": {
        // The owner of the mailbox can sign in next, even if other people use up the account's
        // attempts on purpose.
        const userId = limiter.userOfResetLink(request) ?? "";
        return browsers.add(context, await context.context.internalAdapter.findUserById(userId));
      }
      case "/sign-out":
      case "/delete-user":
        return browsers.remove(context);
    }
  }

  return {
    id: "rate-limits",
    hooks: {
      before: [
        onPaths(limitedPaths, async (context) => {
          if (context.request) await limiter.countAttempt(context, context.request);
        }),
      ],
      after: [
        onPaths(servedPaths, async (context) => {
          const { request } = context;
          if (request && hasSucceeded(context)) await afterSuccess(context, request);
        }),
      ],
    },
  } satisfies BetterAuthPlugin;
}
