import { createVerifier } from "../../lib/token/verify";

interface Wanted {
  readonly keys: readonly string[];
  readonly issuer: string;
  readonly audience: string;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly purpose?: string | undefined;
  /** The names of the custom claims that FastAPI knows. Default: none. */
  readonly customClaims?: readonly string[];
}

/** Verifies a token, and returns the user in the form of the vectors, which is that of FastAPI. */
export async function verifyToken(token: string, { now, purpose, customClaims = [], ...config }: Wanted) {
  const { identity, expiresAt } = await createVerifier(config)(token, { now: now * 1000, purpose });
  const custom = Object.entries(identity.custom).filter(([name]) => customClaims.includes(name));
  return {
    ...Object.fromEntries(custom),
    id: identity.userId,
    email: identity.email,
    name: identity.name,
    session_id: identity.sessionId,
    expires_at: expiresAt / 1000,
    auth_time: identity.authTime,
    role: identity.role,
    org: identity.org,
    scope: identity.scope,
    client_id: identity.clientId,
  };
}
