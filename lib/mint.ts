import { SignJWT } from "jose";
import {
  type BackendClaims,
  type Identity,
  JWT_ALGORITHM,
  type JwtConfig,
  keyId,
  MAX_PURPOSE_TTL_SECONDS,
  type Purpose,
} from "./contract";
import { importHmacKey } from "./hmac";

/** A signed token and the times it holds, in milliseconds since the epoch. */
export interface BackendToken {
  readonly jwt: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Signs a fresh token for `who`. `now` is in milliseconds since the epoch. */
export type MintToken = (who: Identity, now: number) => Promise<BackendToken>;

/**
 * The one minter: the gate, server components and `GET /api/auth/token` all sign here, so that the
 * backend sees one kind of token. The key is imported at the first use and kept.
 */
export function createMinter(config: JwtConfig, randomId: () => string): MintToken {
  return createSigner(config, randomId, undefined);
}

/** As {@link createMinter}, for tokens that are good for one purpose alone, and for a minute at most. */
export function createPurposeMinter(config: JwtConfig, randomId: () => string, purpose: Purpose): MintToken {
  const ttlSeconds = Math.min(config.ttlSeconds, MAX_PURPOSE_TTL_SECONDS);
  return createSigner({ ...config, ttlSeconds }, randomId, purpose);
}

function createSigner(config: JwtConfig, randomId: () => string, purpose: Purpose | undefined): MintToken {
  let signingKey: Promise<{ kid: string; key: CryptoKey }> | undefined;

  return async (who, now) => {
    signingKey ??= importSigningKey(config.keys);
    const { kid, key } = await signingKey;
    const iat = Math.floor(now / 1000);
    // `purpose` is left out of JSON where it is undefined; a custom claim of that name must not stay in its place.
    const claims: Omit<BackendClaims, "purpose"> & { purpose: Purpose | undefined } = {
      // First, so that none of them takes the place of one of the contract's.
      ...who.custom,
      iss: config.issuer,
      aud: config.audience,
      sub: who.userId,
      email: who.email,
      name: who.name,
      sid: who.sessionId,
      jti: randomId(),
      iat,
      exp: iat + config.ttlSeconds,
      purpose,
    };
    const jwt = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: JWT_ALGORITHM, typ: "JWT", kid })
      .sign(key);
    return { jwt, issuedAt: iat * 1000, expiresAt: claims.exp * 1000 };
  };
}

async function importSigningKey([first]: readonly string[]): Promise<{ kid: string; key: CryptoKey }> {
  if (!first) throw new Error("JWT_SECRET_KEY holds no key to sign with");
  const [kid, key] = await Promise.all([keyId(first), importHmacKey(first, ["sign"])]);
  return { kid, key };
}
