import "server-only";
import { headers } from "next/headers";
import { notFound, redirect } from "next/navigation";
import { cache } from "react";
import { loginPath } from "../redirect-target";
import { routes } from "../routes";
import { hasOrgRole, hasRole, type Identity, identityOf } from "../token/contract";
import { auth } from "./auth/instance";
import { headersForPage } from "./auth/session-headers";
import { findOrganization } from "./page-organization";

/** The visitor's session for use in pages. It contains no token. */
export interface PageSession {
  user: { id: string; email: string; name: string };
  session: { id: string; expiresAt: Date };
  /** The identity that a token for FastAPI carries. */
  identity: Identity;
}

/**
 * The session of the request that is being rendered, or null. There is one lookup for each request.
 * The page makes the lookup itself: Next's documentation warns against a check in the middleware
 * alone.
 * @throws if the session store does not respond
 */
export const readSession = cache(async (): Promise<PageSession | null> => {
  // A page cannot set cookies during rendering, so this lookup must not extend the session either.
  const pageHeaders = await headersForPage(await headers());
  const found = await auth.api.getSession({ headers: pageHeaders, query: { disableRefresh: true } });
  if (!found) return null;
  const { user, session } = found;
  return {
    user: { id: user.id, email: user.email, name: user.name },
    session: { id: session.id, expiresAt: session.expiresAt },
    identity: identityOf(user, session, await findOrganization(session, pageHeaders)),
  };
});

/**
 * Like {@link readSession}, but redirects a visitor without a session to the sign-in page, which
 * leads back to `path`.
 */
export async function requireSession(path: string): Promise<PageSession> {
  return (await readSession()) ?? redirect(loginPath(path, routes));
}

/**
 * Like {@link requireSession}, but shows Next's not-found page to a user who has none of these roles,
 * with the status 404 if nothing of the page has been sent yet. Not `forbidden()`: in Next 16 it is
 * experimental and off.
 *
 * @example
 * const { user } = await requireRole("/admin", "admin", "support");
 */
export async function requireRole(path: string, ...roles: readonly string[]): Promise<PageSession> {
  const session = await requireSession(path);
  if (!hasRole(session.identity, roles)) notFound();
  return session;
}

/**
 * Like {@link requireRole}, for a member with one of these roles in the active organisation
 * (`identity.org`).
 *
 * @example
 * const { identity } = await requireOrgRole("/billing", "owner", "admin");
 */
export async function requireOrgRole(path: string, ...roles: readonly string[]): Promise<PageSession> {
  const session = await requireSession(path);
  if (!hasOrgRole(session.identity, roles)) notFound();
  return session;
}
