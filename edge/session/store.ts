import { boundSessionData } from "../../lib/auth/cookie-budget";
import type { Auth } from "../../lib/auth/options";
import { identityOf } from "../../lib/token/contract";
import type { SessionStore } from "./reader";

/**
 * The session store: Better Auth's `getSession`. `loadAuth` imports Better Auth, at the first
 * lookup and not earlier. An isolate that finds its sessions in memory or in the cookie never
 * evaluates it.
 */
export function createStore(loadAuth: () => Promise<Auth>): SessionStore {
  let loading: Promise<Auth> | undefined;

  return async (cookieHeader, { extend }) => {
    loading ??= loadAuth().catch((error) => {
      // The next lookup tries again.
      loading = undefined;
      throw error;
    });
    const auth = await loading;
    const { response, headers } = await auth.api.getSession({
      headers: new Headers({ cookie: cookieHeader }),
      query: { disableCookieCache: true, disableRefresh: !extend },
      returnHeaders: true,
    });
    const setCookies = boundSessionData(cookieHeader, headers.getSetCookie());
    if (!response) return { session: null, setCookies };
    const { user, session } = response;
    return {
      session: {
        identity: identityOf(user, session),
        expiresAt: session.expiresAt.getTime(),
      },
      setCookies,
    };
  };
}
