import { base64url, compactVerify, errors } from "jose";
import type { CustomClaims } from "./claims";
import {
  type BackendClaims,
  type Identity,
  JWT_ALGORITHM,
  type JwtConfig,
  keyId,
  LEEWAY_SECONDS,
  MAX_PURPOSE_TTL_SECONDS,
  MAX_TTL_SECONDS,
} from "./contract";
import { importHmacKey } from "./key-ring";

/**
 * The contract's verifier in TypeScript, with jose. It is as strict as `backend/auth.py`: both pass
 * the same vectors, so a difference between them fails a test.
 */

export type TokenErrorCode =
  | "token_malformed"
  | "token_algorithm"
  | "token_wrong_key"
  | "token_claims"
  | "token_wrong_issuer"
  | "token_wrong_audience"
  | "token_expired"
  | "token_not_yet_valid"
  | "token_wrong_purpose";

export class TokenError extends Error {
  override readonly name = "TokenError";

  constructor(readonly code: TokenErrorCode) {
    super(code);
  }
}

export interface Expectation {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The purpose that the token must have. Undefined: none, as in a user's token. */
  readonly purpose?: string | undefined;
}

/** A valid token's identity and times, in milliseconds since the epoch. */
export interface VerifiedToken {
  readonly identity: Identity;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** @throws {TokenError} if the token is not valid */
export type VerifyToken = (token: string, expectation: Expectation) => Promise<VerifiedToken>;

type Claims = BackendClaims & { nbf?: number };

const MAX_LENGTH = 8192;

/** RFC 6749 §3.3: names of printable ASCII without `"` and `\`, with one space between two. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/** RFC 8259 §8.1: JSON between systems is UTF-8, with no byte order mark. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Creates the function that verifies tokens. The keys are imported at the first use and kept. */
export function createVerifier({
  keys,
  issuer,
  audience,
}: Pick<JwtConfig, "keys" | "issuer" | "audience">): VerifyToken {
  let imported: Promise<ReadonlyMap<string, CryptoKey>> | undefined;

  return async (token, { now, purpose }) => {
    const kid = readKid(token);
    imported ??= importKeys(keys);
    const key = (await imported).get(kid);
    if (!key) throw new TokenError("token_wrong_key");
    const { payload } = await compactVerify(token, key, { algorithms: [JWT_ALGORITHM] }).catch(
      (error: unknown) => {
        const isForged = error instanceof errors.JWSSignatureVerificationFailed;
        throw new TokenError(isForged ? "token_wrong_key" : "token_malformed");
      },
    );
    // Not `jwtVerify`: it checks the claims in another order, and has its own leeway.
    const claims = readClaims(JSON.parse(utf8.decode(payload)));
    const seconds = now / 1000;
    if (claims.iss !== issuer) throw new TokenError("token_wrong_issuer");
    if (claims.aud !== audience) throw new TokenError("token_wrong_audience");
    if (seconds >= claims.exp + LEEWAY_SECONDS) throw new TokenError("token_expired");
    if (Math.max(claims.iat, claims.nbf ?? 0) > seconds + LEEWAY_SECONDS)
      throw new TokenError("token_not_yet_valid");
    if (claims.purpose !== purpose) throw new TokenError("token_wrong_purpose");
    return { identity: identityIn(claims), issuedAt: claims.iat * 1000, expiresAt: claims.exp * 1000 };
  };
}

async function importKeys(keys: readonly string[]): Promise<ReadonlyMap<string, CryptoKey>> {
  const pairs = keys.map(
    async (key) => [await keyId(key), await importHmacKey(key, ["sign", "verify"])] as const,
  );
  return new Map(await Promise.all(pairs));
}

function identityIn(claims: Claims): Identity {
  const { iss, aud, jti, iat, exp, nbf, purpose, ...rest } = claims;
  const { sub, email, name, sid, auth_time, role, org, scope, client_id, ...custom } = rest;
  return {
    userId: sub,
    email,
    name,
    sessionId: sid,
    authTime: auth_time,
    role,
    org: org && { id: org.id, slug: org.slug, role: org.role },
    scope,
    clientId: client_id,
    custom: custom as CustomClaims,
  };
}

/** RFC 8725 §3.1: pin the algorithm; never trust the token's header. */
function readKid(token: string): string {
  const header = readHeader(token);
  if (header.alg !== JWT_ALGORITHM) throw new TokenError("token_algorithm");
  const { typ, kid = "" } = header;
  if (typeof typ !== "string" || typ.toLowerCase() !== "jwt" || typeof kid !== "string" || "crit" in header) {
    throw new TokenError("token_malformed");
  }
  return kid;
}

function readHeader(token: string): Record<string, unknown> {
  if (token.length > MAX_LENGTH || !/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token))
    throw new TokenError("token_malformed");
  const [header, payload] = token.split(".", 2).map(parseSegment);
  if (!isObject(header) || !isObject(payload)) throw new TokenError("token_malformed");
  return header;
}

function parseSegment(segment: string): unknown {
  try {
    return JSON.parse(utf8.decode(base64url.decode(segment)));
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readClaims(payload: Record<string, unknown>): Claims {
  const isText = (value: unknown) => typeof value === "string" && !/\p{Surrogate}/u.test(value);
  const isNonEmptyText = (name: string) => isText(payload[name]) && payload[name] !== "";
  const isInteger = (name: string) => Number.isInteger(payload[name]);
  const isScope = (value: unknown) => typeof value === "string" && SCOPE.test(value);
  const isOrg = (value: unknown) =>
    isObject(value) && isText(value.id) && value.id !== "" && isText(value.slug) && isText(value.role);
  const isAbsentOr = (isValid: (name: string) => boolean) => (name: string) =>
    !(name in payload) || isValid(name);
  const claims = payload as unknown as Claims;
  const valid =
    ["iss", "aud", "sub", "email", "sid", "jti"].every(isNonEmptyText) &&
    isText(payload.name) &&
    ["iat", "exp"].every(isInteger) &&
    ["nbf", "auth_time"].every(isAbsentOr(isInteger)) &&
    ["purpose", "role", "client_id"].every(isAbsentOr(isNonEmptyText)) &&
    (!("scope" in payload) || isScope(payload.scope)) &&
    (!("org" in payload) || isOrg(payload.org)) &&
    claims.exp > claims.iat &&
    claims.exp - claims.iat <= ("purpose" in payload ? MAX_PURPOSE_TTL_SECONDS : MAX_TTL_SECONDS);
  if (!valid) throw new TokenError("token_claims");
  return claims;
}
