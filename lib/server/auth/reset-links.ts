import "server-only";
import type { BetterAuthPlugin } from "better-auth";
import { hasSucceeded, onPaths } from "./plugin-hooks";

/**
 * Ends the unused links for a new password when a signed-in user changes the password or the email:
 * a person who can read the old mailbox must not be able to sign in. Without this the links work
 * until they expire. A reset ends the other links through `onPasswordReset`
 * (lib/server/auth/instance.ts).
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
        onPaths(["/change-password"], async (context) => {
          const { session } = context.context;
          if (session && hasSucceeded(context)) await endLinks(session.user.id);
        }),
      ],
    },
  } satisfies BetterAuthPlugin;
}
