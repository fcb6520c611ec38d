import { splitLocale } from "../lib/locale-prefix";
import { NO_PUBLIC_FILES, type PublicFiles } from "../lib/public-files";
import { isWithin, withoutTrailingSlash } from "../lib/route-patterns";
import type { Access, Backend, RouteKind, Routes } from "../lib/routes";
import { createBackendAccess, type FindBackendAccess } from "./backend-access";
import { createPathMatcher, isDataPath } from "./path-matcher";
import { createPublicFileMatcher } from "./public-file-matcher";
import type { RequestHeaders } from "./request-headers";

/** The kind of response that the caller can use. */
export type Wants =
  /** A navigation: HTML, or a redirect to HTML. */
  | "document"
  /** Next's router: flight data (React Server Components), or a redirect. */
  | "flight"
  /** A server action: flight data, or a redirect in a header of Next. */
  | "action"
  /**
   * Next's router or a prefetching browser loads a link to the backend. The app itself has not
   * called the endpoint. For backend paths only.
   */
  | "prefetch"
  /** A WebSocket handshake (RFC 6455 §4.1). */
  | "upgrade"
  /** An upgrade to any other protocol, or a WebSocket for a backend that takes none. */
  | "other-upgrade"
  /** A script, an EventSource or a program: a status code and JSON. */
  | "data";

export interface Classified {
  readonly kind: RouteKind;
  /** The backend of a path of the kind `backend`. */
  readonly backend: Backend | undefined;
  /** What a path of this kind needs, and what the rules say for a path of a backend. */
  readonly access: Access;
  readonly wants: Wants;
  /** RFC 9110 §9.2.1: the method is safe, it does not request a change of state. */
  readonly safe: boolean;
}

/**
 * Classifies a request by its method, path and headers. The path is percent-encoded, as in the URL.
 */
export type Classify = (method: string, pathname: string, headers: RequestHeaders) => Classified;

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

const ACCESS: Readonly<Record<Exclude<RouteKind, "backend">, Access>> = {
  "public-file": "open",
  "public-page": "open",
  "static-page": "open",
  "guest-page": "optional",
  page: "required",
  "open-api": "open",
  api: "required",
};

const PAGES: ReadonlySet<RouteKind> = new Set(["page", "guest-page", "public-page", "static-page"]);

/** Creates the function that classifies requests by these routes and files. */
export function createClassifier(routes: Routes, publicFiles: PublicFiles = NO_PUBLIC_FILES): Classify {
  const isPublicFile = createPublicFileMatcher(publicFiles);
  const isPublicPage = createPathMatcher(routes.publicPages);
  const isGuestPage = createPathMatcher(routes.guestPages);
  const isStaticPage = createPathMatcher(routes.staticPages ?? []);
  const isOpenApi = createPathMatcher(routes.openApi);
  const backends: readonly (readonly [Backend, FindBackendAccess])[] = routes.backends.map((backend) => [
    backend,
    createBackendAccess(backend.access),
  ]);

  function findKind(pathname: string): Exclude<RouteKind, "backend"> {
    const path = withoutTrailingSlash(pathname);
    if (isWithin(pathname, "/api")) return isOpenApi(path) ? "open-api" : "api";
    // It can be the path of a route handler. The gate refuses it (`edge/facts.ts`).
    if (isDataPath(pathname)) return "api";
    if (isPublicFile(pathname)) return "public-file";
    // No entry of these lists is below `/api` or a backend's prefix. So `/de/api/health` and
    // `/de/backend/api/me` are pages that need a session.
    const { page } = splitLocale(path, routes);
    if (isPublicPage(page)) return "public-page";
    if (isGuestPage(page)) return "guest-page";
    return isStaticPage(page) ? "static-page" : "page";
  }

  return function classify(method, pathname, headers) {
    const safe = SAFE_METHODS.has(method);
    for (const [backend, findAccess] of backends) {
      if (!isWithin(pathname, backend.prefix)) continue;
      const wants = findWanted(method, "backend", headers, backend.webSockets);
      return { kind: "backend", backend, access: findAccess(method, pathname), wants, safe };
    }
    const kind = findKind(pathname);
    return { kind, backend: undefined, access: ACCESS[kind], wants: findWanted(method, kind, headers), safe };
  };
}

/**
 * RFC 9110 §7.8: an upgrade needs both headers. nginx can be configured to send `Connection:
 * upgrade` with every request; without `Upgrade`, Node treats it as an ordinary request as well.
 */
function requestsUpgrade(headers: RequestHeaders): boolean {
  const connection = headers.get("connection");
  return !!connection && /(?:^|,)\s*upgrade\s*(?:,|$)/i.test(connection) && headers.has("upgrade");
}

/**
 * Whether Next's router sent this request. The router states that it prefetches, or which page it
 * is on.
 */
function isRouter(headers: RequestHeaders): boolean {
  return (
    /^[12]$/.test(headers.get("next-router-prefetch") ?? "") ||
    (headers.get("next-router-state-tree") ?? "").startsWith("%5B")
  );
}

function findWanted(method: string, kind: RouteKind, headers: RequestHeaders, webSockets = true): Wants {
  if (requestsUpgrade(headers)) {
    return webSockets && method === "GET" && headers.get("upgrade")?.toLowerCase() === "websocket"
      ? "upgrade"
      : "other-upgrade";
  }
  if (method === "POST" && headers.has("next-action")) return "action";
  if (headers.get("rsc") === "1") return kind === "backend" && isRouter(headers) ? "prefetch" : "flight";
  if (kind === "backend" && headers.get("sec-purpose")?.startsWith("prefetch")) return "prefetch";
  // Fetch Metadata: browsers state the destination of the response. Node's `fetch` states none, and
  // sends `Sec-Fetch-Mode: cors` with every request.
  const destination = headers.get("sec-fetch-dest");
  if (destination === "document" || headers.get("sec-fetch-mode") === "navigate") return "document";
  if (destination) return "data";
  const accept = headers.get("accept") ?? "*/*";
  if (accept.includes("text/html")) return "document";
  // A program that accepts any type gets what the path normally serves: HTML at a page, else data.
  return PAGES.has(kind) && accept.includes("*/*") ? "document" : "data";
}
