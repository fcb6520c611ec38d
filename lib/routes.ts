/** Which path is what. Data, not code: a page that stands in no list is protected. */
export const routes = {
  /** Open to everyone. Exact paths. */
  publicPages: ["/"],
  /** For visitors who are signed out; the others are sent on. Exact paths. */
  guestPages: ["/login", "/signup"],
  /** Route handlers that answer for themselves. A path, and all below it. */
  openApi: ["/api/auth", "/api/health"],
  /** Everything below it goes to FastAPI, with the prefix taken off. */
  backend: "/backend",
  /**
   * Where a session is trusted for less long than `SESSION_MAX_STALE_SECONDS`: a path and all below it, and the bound in
   * seconds. 0: the store is asked each time.
   */
  maxStale: [["/backend/api/account", 0]],
  login: "/login",
  /** Better Auth's: a request to one of these ends the caller's own session, and the gate forgets it as it passes. */
  endSession: ["/api/auth/sign-out", "/api/auth/delete-user", "/api/auth/change-password"],
  /** Where a visitor goes who signed in and asked for nothing else. */
  home: "/dashboard",
} as const;

/** What a path is. `page` is what stands in no list: it is protected. */
export type RouteKind = "public-page" | "guest-page" | "page" | "backend" | "open-api" | "api";
