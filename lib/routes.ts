/** The kind of each path, as data. A page that is in no list is protected. */
export const routes = {
  /** Open to everyone. Exact paths. */
  publicPages: [
    "/",
    "/forgot-password",
    "/reset-password",
    "/verify-email",
    "/account-deleted",
    // Exists only in development. A build does not contain this page.
    "/dev/mail",
  ],
  /** For visitors who are signed out. Signed-in visitors are redirected. Exact paths. */
  guestPages: ["/login", "/signup"],
  /** Route handlers that make their own checks. A path, and all paths below it. */
  openApi: ["/api/auth", "/api/health"],
  /** Every path below it is forwarded to FastAPI, without the prefix. */
  backend: "/backend",
  /**
   * Paths where a session is trusted for less time than `SESSION_MAX_STALE_SECONDS`: a path and all
   * paths below it, and the limit in seconds. 0: the store is read for each request.
   */
  maxStale: [
    ["/backend/api/account", 0],
    ["/account", 0],
  ],
  login: "/login",
  /**
   * Better Auth's endpoints that end the caller's own session. The gate forgets the session as soon
   * as it sees such a request.
   */
  endSession: [
    "/api/auth/sign-out",
    "/api/auth/delete-user",
    "/api/auth/change-password",
    "/api/auth/reset-password",
    "/api/auth/revoke-sessions",
    "/api/auth/revoke-session-by-id",
  ],
  /** The page after sign-in, if the visitor requested no other page. */
  home: "/dashboard",
} as const;

/** The kind of a path. `page` is a page that is in no list: it is protected. */
export type RouteKind = "public-page" | "guest-page" | "page" | "backend" | "open-api" | "api";
