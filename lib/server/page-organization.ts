import "server-only";
import { type CookieCache, verifyCookieCache } from "../auth/cookie-cache";
import { parseCookies } from "../cookies";
import { loadEnv } from "../env";
import type { Organization } from "../token/contract";
import { openKeyRing } from "../token/key-ring";
import { auth } from "./auth/instance";
import { readMembership, type SessionOfMember } from "./auth/membership";

const ring = openKeyRing(loadEnv().authSecrets);

/**
 * The organisation that is active in a page's session: from the cookie cache that the gate has
 * signed, or else from the database. Undefined without one, and if the user is not a member of it.
 *
 * @param headers without a cookie cache that is too old (`headersForPage`)
 */
export async function findOrganization(
  session: SessionOfMember,
  headers: Headers,
): Promise<Organization | undefined> {
  if (!session.activeOrganizationId) return undefined;
  const { adapter, authCookies } = await auth.$context;
  const data = parseCookies(headers.get("cookie") ?? "").get(authCookies.sessionData.name);
  const cached = data === undefined ? undefined : await readCookieCache(data);
  // Better Auth may have read the session from the database, and it may have changed since.
  const isSame =
    cached?.session?.id === session.id &&
    cached.session.activeOrganizationId === session.activeOrganizationId;
  if (isSame && cached.org !== undefined) return cached.org ?? undefined;
  return readMembership(adapter, session);
}

async function readCookieCache(data: string): Promise<Partial<CookieCache> | undefined> {
  for (const key of await ring.keys()) {
    const cached = await verifyCookieCache(data, key, Date.now());
    if (cached) return cached;
  }
  return undefined;
}
