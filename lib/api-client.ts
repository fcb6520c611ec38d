import { type Api, createApi } from "./api";
import { signOut } from "./auth-client";
import { loginPath } from "./next-path";
import type { ProblemCode } from "./problem";
import { routes } from "./routes";

/** The deployment's limit. Outside a build, in unit tests, the default of `BACKEND_TIMEOUT_SECONDS`. */
const BACKEND_TIMEOUT_SECONDS =
  typeof __BACKEND_TIMEOUT_SECONDS__ === "undefined" ? 120 : __BACKEND_TIMEOUT_SECONDS__;

/**
 * A call without a signal of its own ends after this, or an optimistic change would stay on the screen for ever. It is
 * longer than the gate waits for the backend, whose error names the request. Milliseconds.
 */
const TIMEOUT_MS = (BACKEND_TIMEOUT_SECONDS + 5) * 1000;

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
 * A call ends after `timeoutMs` with the code `timeout`. A caller's own signal replaces this limit: it may be shorter or
 * longer (`AbortSignal.timeout(600_000)` for a long report). Whether the call was carried out is then not known.
 *
 * Every other error, a 401 of FastAPI's or a 503 of the gate's among them, says nothing about the session and
 * only rejects.
 */
export function createBrowserApi(baseUrl: string, leave: Leave, timeoutMs = TIMEOUT_MS): Api {
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
    fetch: (request, signal = AbortSignal.timeout(timeoutMs)) => fetch(request, { signal }),
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
