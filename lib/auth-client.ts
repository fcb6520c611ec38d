import { createAuthClient } from "better-auth/react";

/**
 * Better Auth in the browser, same origin. The answers hold no session token (the server takes it out), so
 * `session.token` is always undefined here, whatever its type says.
 */
export const authClient = createAuthClient();

export const { useSession, signIn, signUp, signOut } = authClient;
