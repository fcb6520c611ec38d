import { type Api, createApi } from "./api";
import { signOut } from "./auth-client";
import { loginPath } from "./next-path";
import type { ProblemCode } from "./problem";
import { routes } from "./routes";

/** A hanging call must end some day, or an optimistic change would stay on the screen for ever. */
const TIMEOUT_MS = 15_000;

const SIGNED_OUT: ProblemCode = "gate_signed_out";

/** What leaving the page takes; tests bring their own. */
export interface Leave {
  signOut(): Promise<unknown>;
  /** The path and query to come back to. */
  currentPath(): string;
  /** Loads a document, so that nothing of the signed-in page stays in memory. */
  navigate(path: string): void;
}

/**
 * The calls of `/backend/*` from a page: same origin, so that the session cookie goes along, and no token.
 *
 * When the gate itself says that the session is gone, the visitor is signed out and taken to the sign-in page:
 * once, however many calls fail together. Those calls still reject, so no spinner depends on the navigation.
 * Every other error, a 401 of FastAPI's or a 503 of the gate's among them, says nothing about the session and
 * only rejects.
 */
export function createBrowserApi(baseUrl: string, leave: Leave): Api {
  let leaving = false;

  async function leaveOnce() {
    if (leaving) return;
    leaving = true;
    const path = loginPath(leave.currentPath());
    // Signing out only tidies the cookies away: the session is gone with or without it.
    await leave.signOut().catch(() => undefined);
    leave.navigate(path);
  }

  return createApi({
    baseUrl,
    fetch: (request, signal) => {
      const limit = AbortSignal.timeout(TIMEOUT_MS);
      return fetch(request, { signal: signal ? AbortSignal.any([signal, limit]) : limit });
    },
    onError: ({ status, code }) => {
      if (status === 401 && code === SIGNED_OUT) void leaveOnce();
    },
  });
}

export const api = createBrowserApi(routes.backend, {
  signOut: () => signOut({ fetchOptions: { timeout: 5_000 } }),
  currentPath: () => window.location.pathname + window.location.search,
  navigate: (path) => window.location.assign(path),
});
