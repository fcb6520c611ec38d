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
  login: "/login",
  /** Better Auth's: the gate forgets a session whose sign-out passes. */
  signOut: "/api/auth/sign-out",
  /** Where a visitor goes who signed in and asked for nothing else. */
  home: "/dashboard",
} as const;
