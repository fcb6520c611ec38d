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
import { importHmacKey } from "./key-ring";

/** A signed token and its times, in milliseconds since the epoch. */
export interface BackendToken {
  readonly jwt: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Signs a new token for `who`. `now` is in milliseconds since the epoch. */
export type MintToken = (who: Identity, now: number) => Promise<BackendToken>;

/**
 * Creates a minter. The gate, server components and `GET /api/auth/token` all use this function, so
 * the backend sees one kind of token. The key is imported at the first use and kept.
 */
export function createMinter(config: JwtConfig, randomId: () => string): MintToken {
  return createSigner(config, randomId, undefined);
}

/**
 * Like {@link createMinter}, for tokens with a purpose. They are valid for
 * `MAX_PURPOSE_TTL_SECONDS` at most.
 */
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
    // JSON leaves out `purpose` if it is undefined. It is always set here, so that a custom claim
    // of the same name is overwritten.
    const claims: Omit<BackendClaims, "purpose"> & { purpose: Purpose | undefined } = {
      // First, so that no custom claim can overwrite a claim of the contract.
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
