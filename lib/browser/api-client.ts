import { type Api, createApi } from "../api/client";
import type { paths } from "../api/types";
import { withBasePath, withoutBasePath } from "../base-path";
import type { ProblemCode } from "../problem";
import { loginPath } from "../redirect-target";
import { type Backend, type BackendPrefix, backendAt, routes } from "../routes";
import { signOut } from "./auth-client";

/**
 * The default limit of this deployment. Outside a build (in unit tests), the default of
 * `BACKEND_TIMEOUT_SECONDS`.
 */
const BACKEND_TIMEOUT_SECONDS =
  typeof __BACKEND_TIMEOUT_SECONDS__ === "undefined" ? 120 : __BACKEND_TIMEOUT_SECONDS__;

/**
 * Timeout of a call without its own signal. Without it, an optimistic change could stay on the
 * screen for ever. It is longer than the gate's timeout for the backend, so that the gate's error,
 * which contains the request id, arrives first. Milliseconds.
 */
function timeoutFor({ timeoutSeconds = BACKEND_TIMEOUT_SECONDS }: Pick<Backend, "timeoutSeconds">): number {
  return (timeoutSeconds + 5) * 1000;
}

const SIGNED_OUT: ProblemCode = "gate_signed_out";

/** The pages that are being left. The clients of all backends share one page. */
const leaving = new WeakSet<Leave>();

/** What happens to the page when the session has ended. Tests pass their own functions. */
export interface Leave {
  signOut(): Promise<unknown>;
  /** The path and query to return to. */
  currentPath(): string;
  /** Loads a new document, so that no data of the signed-in page stays in memory. */
  navigate(path: string): void;
}

/**
 * Creates the client for calls from a page to a backend, such as `/backend/*`. They go to the same
 * origin, so the browser sends the session cookie. They carry no token.
 *
 * If the gate reports that the session has ended, the visitor is signed out and taken to the
 * sign-in page. This happens once, even if several calls fail together. These calls still reject,
 * so no spinner depends on the navigation.
 *
 * A call ends after `timeoutMs` with the code `timeout`. The caller's own signal replaces this
 * limit, with a shorter or longer time (`AbortSignal.timeout(600_000)` for a long report). After a
 * timeout it is not known whether the call was carried out.
 *
 * Every other error, including a 401 of FastAPI or a 503 of the gate, does not show that the
 * session has ended, and the call only rejects.
 */
export function createBrowserApi<Paths extends object = paths>(
  baseUrl: string,
  leave: Leave,
  timeoutMs = timeoutFor({}),
): Api<Paths> {
  async function leaveOnce() {
    if (leaving.has(leave)) return;
    leaving.add(leave);
    const path = loginPath(leave.currentPath(), routes);
    // The sign-out only removes the cookies: the session has ended in any case.
    await leave.signOut().catch(() => undefined);
    leave.navigate(path);
  }

  return createApi<Paths>({
    baseUrl,
    fetch: (request, signal = AbortSignal.timeout(timeoutMs)) => fetch(request, { signal }),
    onError: ({ status, code }) => {
      if (status === 401 && code === SIGNED_OUT) void leaveOnce();
    },
  });
}

const leave: Leave = {
  signOut: () => signOut({ fetchOptions: { timeout: 5_000 } }),
  currentPath: () => withoutBasePath(window.location.pathname, routes) + window.location.search,
  navigate: (path) => window.location.assign(withBasePath(path, routes)),
};

/** Creates the client of one backend. `Paths` are the types of its OpenAPI document. */
export function browserApi<Paths extends object>(prefix: BackendPrefix): Api<Paths> {
  return createBrowserApi<Paths>(withBasePath(prefix, routes), leave, timeoutFor(backendAt(prefix)));
}

/** The client of the first backend. */
export const api = browserApi<paths>(routes.backends[0].prefix);
