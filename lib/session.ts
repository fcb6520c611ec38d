import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { cache } from "react";
import { auth, headersForPage } from "./auth-server";
import { type Identity, identityOf } from "./contract";
import { loginPath } from "./next-path";

/** The visitor's session as a page may use it: it holds no token. */
export interface PageSession {
  user: { id: string; email: string; name: string };
  session: { id: string; expiresAt: Date };
  /** As FastAPI is told. */
  identity: Identity;
}

/**
 * The session of the request that is being rendered, or null. Looked up once a request, and by the page itself:
 * Next's documentation warns against leaving the check to the middleware alone.
 * @throws when the session store does not answer
 */
export const readSession = cache(async (): Promise<PageSession | null> => {
  // A page cannot set cookies while it renders, so it must not extend the session either.
  const found = await auth.api.getSession({
    headers: await headersForPage(await headers()),
    query: { disableRefresh: true },
  });
  if (!found) return null;
  const { user, session } = found;
  return {
    user: { id: user.id, email: user.email, name: user.name },
    session: { id: session.id, expiresAt: session.expiresAt },
    identity: identityOf(user, session),
  };
});

/** As {@link readSession}, but sends a visitor without a session to sign in and back to `path`. */
export async function requireSession(path: string): Promise<PageSession> {
  return (await readSession()) ?? redirect(loginPath(path));
}
