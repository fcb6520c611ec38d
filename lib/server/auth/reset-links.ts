import type { BetterAuthPlugin } from "better-auth";
import { createAuthMiddleware } from "better-auth/api";
import { hasSucceeded } from "./rate-limits";

/**
 * Ends the links for a new password that are still unused when a signed-in user changes the password,
 * and when the email changes: whoever reads the old mailbox must not get in. Better Auth lets them
 * work until they expire. A reset ends the other links through `onPasswordReset` (lib/server/auth/handler.ts).
 */
export function resetLinks(endLinks: (userId: string) => Promise<unknown>) {
  return {
    id: "reset-links",
    init: () => ({
      options: {
        databaseHooks: {
          user: {
            update: {
              async after({ id }: { id: string }, context: { path?: string } | null) {
                // The only endpoint that stores a new email.
                if (context?.path === "/verify-email") await endLinks(id);
              },
            },
          },
        },
      },
    }),
    hooks: {
      after: [
        {
          matcher: ({ path }) => path === "/change-password",
          handler: createAuthMiddleware(async ({ context }) => {
            if (context.session && hasSucceeded(context.returned)) await endLinks(context.session.user.id);
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin;
}
