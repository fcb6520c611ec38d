import type { BetterAuthPlugin } from "better-auth";
import { jwt } from "better-auth/plugins/jwt";
import { type Identity, identityOf, JWT_ALGORITHM } from "./contract";
import type { MintToken } from "./mint";

export const TOKEN_PATH = "/api/auth/token";

/**
 * `GET /api/auth/token` for native and command-line clients, which hold the session cookie themselves and
 * cannot go through the gate. It signs with the gate's own minter.
 */
export function tokenEndpoint(mint: MintToken, now: () => number): BetterAuthPlugin {
  return jwt({
    // Otherwise every get-session carries the token in a header that page scripts can read.
    disableSettingJwtHeader: true,
    // The plugin takes a signer of ours only where its own keys are said to live elsewhere; the address is
    // never asked, and the JWKS endpoint answers 404: a shared secret has no public half.
    jwks: { remoteUrl: "urn:gatehouse:shared-secret", keyPairConfig: { alg: JWT_ALGORITHM as never } },
    jwt: {
      definePayload: ({ user, session }) => ({ identity: identityOf(user, session) }),
      sign: async (payload) => (await mint(payload?.identity as Identity, now())).jwt,
    },
  });
}
