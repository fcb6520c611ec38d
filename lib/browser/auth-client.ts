import { createAuthClient } from "better-auth/react";
import { authBasePath } from "../auth/auth-path";

/**
 * Better Auth's client for the browser, same origin. The server removes the session token from
 * every response, so `session.token` is always undefined here, although its type is a string.
 */
export const authClient = createAuthClient({ basePath: authBasePath });

export const { useSession, signIn, signUp, signOut } = authClient;
