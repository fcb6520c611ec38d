import { SignJWT } from "jose";

/** For tests only, with the length that the gate requires. */
export const AUTH_SECRET = "test-only-auth-key-0123456789abcdefghij";
export const JWT_KEY = "test-only-jwt-key-0123456789abcdefghijk";

const encoder = new TextEncoder();

/** A session token in Better Auth's form: 32 letters and digits. */
export function sessionToken(name: string): string {
  const token = name.replace(/[^A-Za-z0-9]/g, "").padEnd(32, "x");
  if (token.length > 32) throw new RangeError(`The session name ${name} is too long`);
  return token;
}

/** The value of a session_token cookie. */
export function signSessionToken(name: string, secret = AUTH_SECRET): Promise<string> {
  return signCookie(sessionToken(name), secret);
}

/** The value of a cookie, signed as Better Auth signs it. */
export async function signCookie(token: string, secret = AUTH_SECRET): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(token)));
  return encodeURIComponent(`${token}.${btoa(String.fromCharCode(...signature))}`);
}

interface CacheOptions {
  token: string;
  /** Milliseconds since the epoch. */
  updatedAt: number;
  maxAgeSeconds?: number;
  secret?: string;
  sessionExpiresAt?: number;
  userId?: string;
  name?: string;
  /**
   * With any version but "1", Better Auth ignores the cookie and queries the store. The gate does
   * not check it.
   */
  version?: string;
}

/** The value of a session_data cookie, as Better Auth's `jwt` strategy writes it. */
export async function signCookieCache(options: CacheOptions): Promise<string> {
  const token = sessionToken(options.token);
  const {
    updatedAt,
    maxAgeSeconds = 60,
    secret = AUTH_SECRET,
    userId = "user-1",
    name = "Ada",
    version = "1",
  } = options;
  const issued = Math.floor(updatedAt / 1000);
  const expiresAt = new Date(options.sessionExpiresAt ?? updatedAt + 7 * 86_400_000).toISOString();
  return new SignJWT({
    session: { id: `session-of-${options.token}`, token, userId, expiresAt },
    user: { id: userId, email: "ada@example.com", name },
    updatedAt,
    version,
  })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuedAt(issued)
    .setExpirationTime(issued + maxAgeSeconds)
    .sign(encoder.encode(secret));
}
