import "server-only";
import type { BetterAuthPlugin } from "better-auth";
import { jwt } from "better-auth/plugins/jwt";
import { type Identity, identityOf, JWT_ALGORITHM, type Organization } from "../../token/contract";
import type { MintToken } from "../../token/mint";
import type { SessionOfMember } from "./membership";

/**
 * `GET /api/auth/token`, for native and command-line clients. They keep the session cookie and call
 * FastAPI directly, not through the gate. The token is signed by `mint`, with the same key and
 * contract as the gate's tokens. It is valid for `ttlSeconds`. `findOrganization` finds the active
 * organisation of a session.
 */
export function tokenEndpoint(
  mint: MintToken,
  ttlSeconds: number,
  now: () => number,
  findOrganization: (session: SessionOfMember) => Promise<Organization | undefined>,
): BetterAuthPlugin {
  return jwt({
    // Otherwise the plugin adds the token to each get-session response, in a header that page
    // scripts can read.
    disableSettingJwtHeader: true,
    // The plugin accepts a custom `sign` only if its keys are declared to be at a remote URL.
    // Nothing requests this URL. The plugin's JWKS endpoint returns 404: a shared secret has no
    // public key.
    jwks: { remoteUrl: "urn:gatehouse:shared-secret", keyPairConfig: { alg: JWT_ALGORITHM as never } },
    jwt: {
      definePayload: async ({ user, session }) => ({
        identity: identityOf(user, session, await findOrganization(session)),
      }),
      sign: async (payload) =>
        (await mint(payload?.identity as Identity, { issuedAt: now(), ttlSeconds })).jwt,
    },
  });
}
