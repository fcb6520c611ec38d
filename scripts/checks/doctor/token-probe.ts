import { SignJWT, UnsecuredJWT } from "jose";
import { identityOf, JWT_ALGORITHM, type JwtConfig, keyId } from "../../../lib/token/contract";
import { createMinter } from "../../../lib/token/mint";
import { request, type TimedResponse } from "./request";

/** A made-up user. To the backend it looks like any user of the gate. */
const doctor = identityOf(
  { id: "gatehouse-doctor", email: "doctor@gatehouse.invalid", name: "Doctor" },
  { id: "gatehouse-doctor" },
);

/**
 * Longer than any plausible clock error, so that the token is expired for every backend.
 * Milliseconds.
 */
const LONG_AGO = 24 * 3600 * 1000;

/** How a token differs from the gate's. */
export interface Variation extends Partial<JwtConfig> {
  /** Moves the clock that the token is signed with. Milliseconds. */
  readonly shift?: number;
}

/** Sends requests to one protected path of FastAPI, with different tokens. */
export interface TokenProbe {
  /** With the gate's own token. Sent only once; later calls get the same response. */
  readonly sendGateToken: () => Promise<TimedResponse>;
  readonly sendWithoutToken: () => Promise<TimedResponse>;
  /** With a token of the gate's minter that has other settings. */
  readonly sendVariation: (variation: Variation) => Promise<TimedResponse>;
  readonly sendForgedToken: (forgery: Forgery) => Promise<TimedResponse>;
}

/** Makes a forged token. `now`: milliseconds since the epoch. */
export type Forgery = (config: JwtConfig, now: number) => Promise<string>;

const randomKey = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");

const mint = async (config: JwtConfig, now: number) =>
  (await createMinter(config, () => crypto.randomUUID())(doctor, { issuedAt: now })).jwt;

const claimsOf = (jwt: string) =>
  JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;

/** Tokens that no backend may accept, each with its description. */
export const forgeries: Record<string, { readonly title: string; readonly make: Forgery }> = {
  "another-key": {
    title: "signed with another key",
    // With the key id of the real key, so that only the signature is wrong.
    make: async (config, now) =>
      new SignJWT(claimsOf(await mint(config, now)))
        .setProtectedHeader({ alg: JWT_ALGORITHM, typ: "JWT", kid: await keyId(config.keys[0] ?? "") })
        .sign(new TextEncoder().encode(randomKey())),
  },
  unsigned: {
    title: "with no signature (alg none)",
    make: async (config, now) => new UnsecuredJWT(claimsOf(await mint(config, now))).encode(),
  },
  expired: { title: "that has expired", make: (config, now) => mint(config, now - LONG_AGO) },
  "wrong-issuer": {
    title: "of another issuer",
    make: (config, now) => mint({ ...config, issuer: `${config.issuer}-forged` }, now),
  },
  "wrong-audience": {
    title: "for another audience",
    make: (config, now) => mint({ ...config, audience: `${config.audience}-forged` }, now),
  },
};

/** Sends requests to one URL. `config`: the gate's token settings. */
export function createTokenProbe(config: JwtConfig, url: string): TokenProbe {
  const sendToken = (jwt: string) =>
    request(url, { headers: { Authorization: `Bearer ${jwt}`, Accept: "application/json" } });
  const sendVariation = async ({ shift = 0, ...other }: Variation) =>
    sendToken(await mint({ ...config, ...other }, Date.now() + shift));
  let gateTokenResponse: Promise<TimedResponse> | undefined;
  return {
    sendGateToken() {
      gateTokenResponse ??= sendVariation({});
      return gateTokenResponse;
    },
    sendWithoutToken: () => request(url),
    sendVariation,
    sendForgedToken: async (make) => sendToken(await make(config, Date.now())),
  };
}
