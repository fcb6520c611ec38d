import type { BetterAuthPlugin } from "better-auth";
import { APIError, createAuthEndpoint, sensitiveSessionMiddleware } from "better-auth/api";

/**
 * `POST /api/auth/revoke-session-by-id` with `{ id }`: ends one session of the caller's. Better Auth's own
 * `revoke-session` wants the session's token, which no page ever has.
 */
export function revokeSessionById() {
  return {
    id: "revoke-session-by-id",
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
  } satisfies BetterAuthPlugin;
}
