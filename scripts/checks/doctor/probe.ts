import { SignJWT, UnsecuredJWT } from "jose";
import { identityOf, JWT_ALGORITHM, type JwtConfig, keyId } from "../../../lib/token/contract";
import { createMinter } from "../../../lib/token/mint";
import { type Answer, ask } from "./ask";

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
export interface Probe {
  /** With the gate's own token. Sent only once; later calls get the same response. */
  readonly good: () => Promise<Answer>;
  readonly anonymous: () => Promise<Answer>;
  /** With a token of the gate's minter that has other settings. */
  readonly varied: (variation: Variation) => Promise<Answer>;
  readonly forged: (forgery: Forgery) => Promise<Answer>;
}

/** Makes a forged token. `now`: milliseconds since the epoch. */
export type Forgery = (config: JwtConfig, now: number) => Promise<string>;

const anotherKey = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");

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
        .sign(new TextEncoder().encode(anotherKey())),
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

/** Creates the probe of one URL. `config`: the gate's token settings. */
export function createProbe(config: JwtConfig, url: string): Probe {
  const withToken = (jwt: string) =>
    ask(url, { headers: { authorization: `Bearer ${jwt}`, accept: "application/json" } });
  const varied = async ({ shift = 0, ...other }: Variation) =>
    withToken(await mint({ ...config, ...other }, Date.now() + shift));
  let good: Promise<Answer> | undefined;
  return {
    good() {
      good ??= varied({});
      return good;
    },
    anonymous: () => ask(url),
    varied,
    forged: async (make) => withToken(await make(config, Date.now())),
  };
}
