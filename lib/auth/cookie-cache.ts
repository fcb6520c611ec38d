import { type JWTPayload, jwtVerify } from "jose";
import type { UserRecord } from "../token/claims";
import type { Organization } from "../token/contract";

/** The claims of Better Auth 1.7's cookie cache (`jwt` strategy) that are used here. */
export interface CookieCache extends JWTPayload {
  session: {
    id: string;
    token: string;
    expiresAt: string;
    createdAt: string;
    activeOrganizationId?: string | null;
  };
  user: UserRecord;
  /**
   * The active organisation, with the user's role. Null: the user is not a member of it. Only the
   * gate signs this claim (`edge/session/set-cookies.ts`). It is missing in a cookie cache that
   * Better Auth has signed, which proves no membership.
   */
  org?: Organization | null;
}

/** The content of a cookie cache, if this key has signed it and it has not expired. */
export async function verifyCookieCache(
  data: string,
  key: CryptoKey,
  now: number,
): Promise<Partial<CookieCache> | undefined> {
  try {
    // RFC 8725 §3.1: pin the algorithm; never trust the token's header.
    const { payload } = await jwtVerify<Partial<CookieCache>>(data, key, {
      algorithms: ["HS256"],
      currentDate: new Date(now),
      requiredClaims: ["iat", "exp"],
    });
    return payload;
  } catch {
    return undefined;
  }
}
