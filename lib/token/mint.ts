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

export interface MintOptions {
  /** When the lifetime begins, in milliseconds since the epoch. The token has it in whole seconds. */
  readonly issuedAt: number;
  /** The lifetime in seconds. Without it, the one of the configuration. */
  readonly ttlSeconds?: number;
  /** Limits the token to one route of FastAPI, and to `MAX_PURPOSE_TTL_SECONDS`. */
  readonly purpose?: Purpose | undefined;
}

/** Signs a new token for an identity. */
export type MintToken = (identity: Identity, options: MintOptions) => Promise<BackendToken>;

/**
 * Creates the function that signs tokens. The gate, server components and `GET /api/auth/token` all
 * use it, so the backend sees one kind of token. The key is imported at the first use and kept.
 *
 * @example
 * const mint = createMinter(env.jwt, () => crypto.randomUUID());
 * const { jwt } = await mint(identity, { issuedAt: Date.now() });
 */
export function createMinter(config: JwtConfig, randomId: () => string): MintToken {
  let signingKey: Promise<{ kid: string; key: CryptoKey }> | undefined;

  return async (identity, { issuedAt, ttlSeconds = config.ttlSeconds, purpose }) => {
    signingKey ??= importSigningKey(config.keys);
    const { kid, key } = await signingKey;
    const iat = Math.floor(issuedAt / 1000);
    const exp = iat + (purpose === undefined ? ttlSeconds : Math.min(ttlSeconds, MAX_PURPOSE_TTL_SECONDS));
    // JSON leaves out a claim that is undefined. All are always set here, so that a custom claim of
    // the same name is overwritten.
    const claims: { [Name in keyof Required<BackendClaims>]: BackendClaims[Name] | undefined } = {
      // First, so that no custom claim can overwrite a claim of the contract.
      ...identity.custom,
      iss: config.issuer,
      aud: config.audience,
      sub: identity.userId,
      email: identity.email,
      name: identity.name,
      sid: identity.sessionId,
      jti: randomId(),
      iat,
      exp,
      auth_time: identity.authTime,
      role: identity.role,
      org: identity.org,
      scope: identity.scope,
      client_id: identity.clientId,
      purpose,
    };
    const jwt = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: JWT_ALGORITHM, typ: "JWT", kid })
      .sign(key);
    return { jwt, issuedAt: iat * 1000, expiresAt: exp * 1000 };
  };
}

async function importSigningKey([first]: readonly string[]): Promise<{ kid: string; key: CryptoKey }> {
  if (!first) throw new Error("JWT_SECRET_KEY contains no key to sign with");
  const [kid, key] = await Promise.all([keyId(first), importHmacKey(first, ["sign"])]);
  return { kid, key };
}
