import "server-only";
import type { BetterAuthPlugin } from "better-auth";
import { APIError, createAuthEndpoint, sensitiveSessionMiddleware } from "better-auth/api";
import { onPaths } from "./plugin-hooks";

/**
 * Adds two ways to end sessions to those of Better Auth.
 *
 * `POST /api/auth/revoke-session-by-id` with `{ id }` ends one session of the caller. Better Auth's
 * own `revoke-session` requires the session's token, which no page has.
 *
 * A change of password ends all other sessions, even if the page did not request it: the password
 * may be changed because another person is signed in.
 */
export function revocation() {
  return {
    id: "revocation",
    endpoints: {
      revokeSessionById: createAuthEndpoint(
        "/revoke-session-by-id",
        {
          method: "POST",
          use: [sensitiveSessionMiddleware],
          metadata: { $Infer: { body: {} as { id: string } } },
        },
        async (context) => {
          const { internalAdapter, session } = context.context;
          const own = await internalAdapter.listSessions(session.user.id);
          const found = own.find(({ id }) => id === context.body?.id);
          if (!found) throw new APIError("NOT_FOUND", { message: "You have no such session." });
          await internalAdapter.deleteSession(found.token);
          return context.json({ status: true });
        },
      ),
    },
    hooks: {
      before: [
        onPaths(["/change-password"], async ({ body }) => ({
          context: { body: { ...body, revokeOtherSessions: true } },
        })),
      ],
    },
  } satisfies BetterAuthPlugin;
}
