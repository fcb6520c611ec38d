import type { BetterAuthPlugin } from "better-auth";
import {
  APIError,
  createAuthEndpoint,
  createAuthMiddleware,
  sensitiveSessionMiddleware,
} from "better-auth/api";

/**
 * How sessions are ended beyond Better Auth's own ways.
 *
 * `POST /api/auth/revoke-session-by-id` with `{ id }` ends one session of the caller's: Better Auth's own
 * `revoke-session` wants the session's token, which no page ever has. And a change of password ends all other
 * sessions, whether or not the page asked for it: whoever else is signed in may be why it is changed.
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
        {
          matcher: ({ path }) => path === "/change-password",
          handler: createAuthMiddleware(async ({ body }) => ({
            context: { body: { ...body, revokeOtherSessions: true } },
          })),
        },
      ],
    },
  } satisfies BetterAuthPlugin;
}
