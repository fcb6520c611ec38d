import "server-only";
import type { BetterAuthPlugin } from "better-auth";
import type { Query } from "./database";
import { hasSucceeded, onPaths } from "./plugin-hooks";

const END_RESET_LINKS = `delete from verification where value = $1 and identifier like 'reset-password:%'`;

/** One statement, so that a failure cannot end only some of them. */
const END_ALL = `
  with links as (${END_RESET_LINKS}),
    keys as (delete from "apiKey" where "userId" = $1)
  delete from "deviceCode" where "userId" = $1`;

/**
 * A user's credentials other than sessions: unused links for a new password, API keys, and sign-ins
 * of devices that no program has completed. `lib/server/auth/change-email-links.ts` ends the links
 * that change the email.
 */
export function createCredentials(query: Query) {
  const endResetLinks = (userId: string) => query(END_RESET_LINKS, [userId]);
  /** Ends all of them, after the user has set a new password. */
  const endAll = (userId: string) => query(END_ALL, [userId]);

  /**
   * Attack: another person has read the old mailbox, or has known the old password. Defence: a new
   * email ends the links for a new password, and a new password ends all of these credentials. A
   * reset of the password calls `endAll` itself (`lib/server/auth/instance.ts`).
   */
  const plugin = {
    id: "ended-credentials",
    init: () => ({
      options: {
        databaseHooks: {
          user: {
            update: {
              async after({ id }: { id: string }, context: { path?: string } | null) {
                // The only endpoint that stores a new email.
                if (context?.path === "/verify-email") await endResetLinks(id);
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
          if (session && hasSucceeded(context)) await endAll(session.user.id);
        }),
      ],
    },
  } satisfies BetterAuthPlugin;
  return { endAll, plugin };
}
