import type { RoutePattern } from "./route-patterns";

/**
 * The kind of each path, as data. A page that is in no list is protected. `docs/routes.md` explains
 * the patterns, and `lib/check-routes.ts` checks the lists.
 */
export interface Routes {
  /**
   * The path below which the whole app is served, such as `/app`. Next's `basePath` is this one. All
   * other entries are written without it.
   */
  readonly basePath?: RoutePattern | "";
  /**
   * The first segments that name a language, such as `["en", "de"]`. The path of a page is compared
   * without it: `/de/account` is `/account`. Paths of route handlers and of the backend have none.
   */
  readonly locales?: readonly string[];
  /** Open to everyone. */
  readonly publicPages: readonly RoutePattern[];
  /**
   * Open to everyone, and rendered in advance or once for everyone (docs/static-pages.md). An exact
   * path in `publicPages` or `guestPages` can be an exception inside of such a folder.
   */
  readonly staticPages?: readonly RoutePattern[];
  /** For visitors who are signed out. Signed-in visitors are redirected. */
  readonly guestPages: readonly RoutePattern[];
  /** Route handlers below `/api` that make their own checks. */
  readonly openApi: readonly RoutePattern[];
  /** The services that the gate forwards to. The first one is the app's main backend. */
  readonly backends: readonly [Backend, ...Backend[]];
  /**
   * Paths where a session is trusted for less time than `SESSION_MAX_STALE_SECONDS`, and the limit
   * in seconds. 0: the store is read for each request. The shortest limit applies.
   */
  readonly maxStale: readonly (readonly [pattern: RoutePattern, seconds: number])[];
  /**
   * What a session must meet at some paths of the backend and route handlers. All rules that match a
   * path apply.
   */
  readonly requirements?: readonly Requirement[];
  /** The sign-in page, an exact path. It is a page for guests. */
  readonly login: RoutePattern;
  /**
   * Better Auth's endpoints that end the caller's own session. The gate forgets the session as soon
   * as it receives such a request. Exact paths.
   */
  readonly endSession: readonly RoutePattern[];
  /** The page after sign-in, if the visitor requested no other page. An exact path. */
  readonly home: RoutePattern;
}

/** A service behind the gate, such as FastAPI. */
export interface Backend {
  /** Every path below it is forwarded to the service, without the prefix. An exact path. */
  readonly prefix: RoutePattern;
  /** The environment variable that has the service's base URL, such as `BACKEND_URL`. */
  readonly address: string;
  /**
   * The audience (`aud`) of the tokens for this service, so that no other one accepts them. The
   * first backend has none here: its audience is `JWT_AUDIENCE`. Each further one has its own.
   */
  readonly audience?: string;
  /**
   * How long the service may send nothing before a call counts as timed out. Without it:
   * `BACKEND_TIMEOUT_SECONDS`.
   */
  readonly timeoutSeconds?: number;
  /** Largest request body that is forwarded, in MB. Without it: `MAX_BODY_MB`. */
  readonly maxBodyMb?: number;
  /** Whether WebSockets are forwarded. Without it: yes. */
  readonly webSockets?: boolean;
  /** Paths of the service that work without a session. All others require one. */
  readonly access: readonly BackendRule[];
  /** The service's API documentation. Without it, no response of the service runs a script. */
  readonly docs?: BackendDocs;
}

/**
 * A page of a backend that runs scripts on this app's origin, such as Swagger UI. List only files
 * that come with the service itself: a script here can do everything that the user can.
 */
export interface BackendDocs {
  /** The HTML page. An exact path, with the backend's prefix. */
  readonly page: RoutePattern;
  /** The scripts that the page loads. Exact paths. It can have no inline script. */
  readonly scripts: readonly RoutePattern[];
}

/**
 * Who may call a path of a backend.
 *
 * - `required`: only callers with a session. The backend receives their token.
 * - `optional`: everyone. The backend receives a token if the caller has a session.
 * - `open`: everyone, and the gate looks up no session. The backend receives no token, but the
 *   caller's own `Authorization`.
 */
export type Access = "required" | "optional" | "open";

/** An exception from `required` for some paths and methods of a backend. */
export interface BackendRule {
  /** As browsers see it, with the backend's prefix. */
  readonly path: RoutePattern;
  /** In upper case. Each method counts by itself: `GET` does not include `HEAD`. */
  readonly methods: readonly string[];
  readonly access: Exclude<Access, "required">;
}

/** A rule with one condition or more. A session must meet all of them. */
export interface Requirement {
  /** A path of the backend, with its prefix, or a route handler below `/api`. */
  readonly path: RoutePattern;
  /** The user has this role, or one of these. */
  readonly role?: string | readonly string[];
  /**
   * The user has this role, or one of these, in the organisation that is active in the session. The
   * app has organisations (`lib/organizations.ts`).
   */
  readonly orgRole?: string | readonly string[];
  /** The user's email address is verified. */
  readonly verifiedEmail?: true;
  /** The user signed in at most this many seconds ago. */
  readonly withinSeconds?: number;
}

/** The paths of this app. `middleware.ts` passes them to the gate. */
export const routes = {
  basePath: "",
  locales: [],
  publicPages: [
    "/",
    "/forgot-password",
    "/reset-password",
    "/verify-email",
    // Exists only in development. A build does not contain this page.
    "/dev/mail",
  ],
  staticPages: ["/account-deleted"],
  guestPages: ["/login", "/signup"],
  openApi: ["/api/auth/*", "/api/health/*"],
  backends: [
    {
      prefix: "/backend",
      address: "BACKEND_URL",
      access: [],
      docs: {
        page: "/backend/docs",
        scripts: ["/backend/docs/files/swagger-ui-bundle.js", "/backend/docs/start.js"],
      },
    },
  ],
  maxStale: [
    ["/backend/api/account/*", 0],
    ["/account/*", 0],
  ],
  requirements: [],
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

/** The prefix of one of this app's backends. */
export type BackendPrefix = (typeof routes)["backends"][number]["prefix"];

/** The backend with this prefix. */
export function backendAt(prefix: BackendPrefix): Backend {
  return routes.backends.find((backend) => backend.prefix === prefix) ?? routes.backends[0];
}

/** The kind of a path. `page` is a page that is in no list: it is protected. */
export type RouteKind =
  | "public-file"
  | "public-page"
  | "static-page"
  | "guest-page"
  | "page"
  | "backend"
  | "open-api"
  | "api";
