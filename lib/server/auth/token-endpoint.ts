import "server-only";
import type { BetterAuthPlugin } from "better-auth";
import { APIError, createAuthEndpoint, sensitiveSessionMiddleware } from "better-auth/api";
import { identityOf, type Organization } from "../../token/contract";
import type { MintToken } from "../../token/mint";
import type { SessionOfMember } from "./membership";

export interface TokenEndpointOptions {
  /** By the prefix of each backend. The first one is used if the request names none. */
  readonly minters: ReadonlyMap<string, MintToken>;
  /** The lifetime of the tokens. */
  readonly ttlSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Finds the active organisation of a session. */
  readonly findOrganization: (session: SessionOfMember) => Promise<Organization | undefined>;
}

/**
 * `GET /api/auth/token`, for native and command-line clients that keep the session cookie. They send
 * the token to FastAPI directly, or through the gate. It has the key and the contract of the gate's
 * tokens, and the audience of one backend: `?backend=/reports` names it by its prefix.
 *
 * Not Better Auth's `jwt` plugin: its function that signs does not receive the request.
 */
export function tokenEndpoint({ minters, ttlSeconds, now, findOrganization }: TokenEndpointOptions) {
  const [first = ""] = minters.keys();
  return {
    id: "token",
    endpoints: {
      getToken: createAuthEndpoint(
        "/token",
        { method: "GET", use: [sensitiveSessionMiddleware] },
        async (context) => {
          const mint = minters.get(context.query?.backend ?? first);
          if (!mint) throw unknownBackend([...minters.keys()]);
          const { user, session } = context.context.session;
          const identity = identityOf(user, session, await findOrganization(session));
          const { jwt } = await mint(identity, { issuedAt: now(), ttlSeconds });
          return context.json({ token: jwt });
        },
      ),
    },
  } satisfies BetterAuthPlugin;
}

function unknownBackend(prefixes: readonly string[]): APIError {
  const message = `No backend has this prefix. The prefixes are ${prefixes.join(" ")}`;
  return new APIError("BAD_REQUEST", { code: "UNKNOWN_BACKEND", message });
}
