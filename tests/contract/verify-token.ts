import { compactVerify, errors } from "jose";
import {
  type BackendClaims,
  JWT_ALGORITHM,
  keyId,
  LEEWAY_SECONDS,
  MAX_PURPOSE_TTL_SECONDS,
  MAX_TTL_SECONDS,
} from "../../lib/token/contract";

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
  constructor(readonly code: TokenErrorCode) {
    super(code);
  }
}

interface Expectation {
  keys: readonly string[];
  issuer: string;
  audience: string;
  /** Seconds since the epoch. */
  now: number;
  /** The purpose that the token must have. Undefined: none, as in a user's token. */
  purpose?: string | undefined;
}

const MAX_LENGTH = 8192;

/** RFC 6749 §3.3: names of printable ASCII without `"` and `\`, with one space between two. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/** RFC 8259 §8.1: JSON between systems is UTF-8, with no byte order mark. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export async function verifyToken(token: string, { keys, issuer, audience, now, purpose }: Expectation) {
  const key = await keyFor(token, keys);
  const { payload } = await compactVerify(token, key, { algorithms: [JWT_ALGORITHM] }).catch(
    (error: unknown) => {
      const isForged = error instanceof errors.JWSSignatureVerificationFailed;
      throw new TokenError(isForged ? "token_wrong_key" : "token_malformed");
    },
  );
  // Not `jwtVerify`: it checks the claims in another order, and has its own leeway.
  const claims = readClaims(JSON.parse(utf8.decode(payload)));
  if (claims.iss !== issuer) throw new TokenError("token_wrong_issuer");
  if (claims.aud !== audience) throw new TokenError("token_wrong_audience");
  if (now >= claims.exp + LEEWAY_SECONDS) throw new TokenError("token_expired");
  if (Math.max(claims.iat, claims.nbf ?? 0) > now + LEEWAY_SECONDS)
    throw new TokenError("token_not_yet_valid");
  if (claims.purpose !== purpose) throw new TokenError("token_wrong_purpose");
  return {
    id: claims.sub,
    email: claims.email,
    name: claims.name,
    session_id: claims.sid,
    expires_at: claims.exp,
    auth_time: claims.auth_time,
    role: claims.role,
    scope: claims.scope,
    client_id: claims.client_id,
  };
}

/** RFC 8725 §3.1: pin the algorithm; never trust the token's header. */
async function keyFor(token: string, keys: readonly string[]): Promise<Uint8Array> {
  const header = readHeader(token);
  if (header.alg !== JWT_ALGORITHM) throw new TokenError("token_algorithm");
  const { typ, kid = "" } = header;
  if (typeof typ !== "string" || typ.toLowerCase() !== "jwt" || typeof kid !== "string" || "crit" in header) {
    throw new TokenError("token_malformed");
  }
  for (const key of keys) {
    if ((await keyId(key)) === kid) return new TextEncoder().encode(key);
  }
  throw new TokenError("token_wrong_key");
}

function readHeader(token: string): Record<string, unknown> {
  const [header, payload] = token.split(".");
  if (token.length > MAX_LENGTH || !/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token))
    throw new TokenError("token_malformed");
  for (const segment of [header, payload]) {
    if (!isObject(parseSegment(segment ?? ""))) throw new TokenError("token_malformed");
  }
  return parseSegment(header ?? "") as Record<string, unknown>;
}

function parseSegment(segment: string): unknown {
  try {
    return JSON.parse(utf8.decode(Buffer.from(segment, "base64url")));
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readClaims(payload: Record<string, unknown>): BackendClaims & { nbf?: number } {
  const isText = (value: unknown) => typeof value === "string" && !/\p{Surrogate}/u.test(value);
  const isNonEmptyText = (name: string) => isText(payload[name]) && payload[name] !== "";
  const isInteger = (name: string) => Number.isInteger(payload[name]);
  const isScope = (value: unknown) => typeof value === "string" && SCOPE.test(value);
  const isAbsentOr = (isValid: (name: string) => boolean) => (name: string) =>
    !(name in payload) || isValid(name);
  const claims = payload as unknown as BackendClaims & { nbf?: number };
  const valid =
    ["iss", "aud", "sub", "email", "sid", "jti"].every(isNonEmptyText) &&
    isText(payload.name) &&
    ["iat", "exp"].every(isInteger) &&
    ["nbf", "auth_time"].every(isAbsentOr(isInteger)) &&
    ["purpose", "role", "client_id"].every(isAbsentOr(isNonEmptyText)) &&
    (!("scope" in payload) || isScope(payload.scope)) &&
    claims.exp > claims.iat &&
    claims.exp - claims.iat <= ("purpose" in payload ? MAX_PURPOSE_TTL_SECONDS : MAX_TTL_SECONDS);
  if (!valid) throw new TokenError("token_claims");
  return claims;
}
