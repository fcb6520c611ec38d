/** The kind of each path, as data. A page that is in no list is protected. */
export interface Routes {
  /** Open to everyone. Exact paths. */
  readonly publicPages: readonly string[];
  /** For visitors who are signed out. Signed-in visitors are redirected. Exact paths. */
  readonly guestPages: readonly string[];
  /** Route handlers that make their own checks. A path, and all paths below it. */
  readonly openApi: readonly string[];
  /** Every path below it is forwarded to FastAPI, without the prefix. */
  readonly backend: string;
  /**
   * Paths where a session is trusted for less time than `SESSION_MAX_STALE_SECONDS`: a path and all
   * paths below it, and the limit in seconds. 0: the store is read for each request.
   */
  readonly maxStale: readonly (readonly [path: string, seconds: number])[];
  /** The sign-in page. */
  readonly login: string;
  /**
   * Better Auth's endpoints that end the caller's own session. The gate forgets the session as soon
   * as it receives such a request. Exact paths.
   */
  readonly endSession: readonly string[];
  /** The page after sign-in, if the visitor requested no other page. */
  readonly home: string;
}

/** The paths of this app. `middleware.ts` passes them to the gate. */
export const routes = {
  publicPages: [
    "/",
    "/forgot-password",
    "/reset-password",
    "/verify-email",
    "/account-deleted",
    // Exists only in development. A build does not contain this page.
    "/dev/mail",
  ],
  guestPages: ["/login", "/signup"],
  openApi: ["/api/auth", "/api/health"],
  backend: "/backend",
  maxStale: [
    ["/backend/api/account", 0],
    ["/account", 0],
  ],
  login: "/login",
  endSession: [
    "/api/auth/sign-out",
    "/api/auth/delete-user",
    "/api/auth/change-password",
    "/api/auth/reset-password",
    "/api/auth/revoke-sessions",
    "/api/auth/revoke-session-by-id",
  ],
  home: "/dashboard",
} as const satisfies Routes;

/** The kind of a path. `page` is a page that is in no list: it is protected. */
export type RouteKind = "public-page" | "guest-page" | "page" | "backend" | "open-api" | "api";
