import "server-only";
import { isCrossSite, isEmbeddedElsewhere } from "../../cross-site";
import type { Env } from "../../env";
import type { ProblemCode } from "../../problem";
import { type AuthEndpoint, authEndpoints, endpointAt } from "./endpoints";

/** As Next gives it to a route handler: without the app's base path. */
export const API_PATH = "/api/auth";

/** A token or a name in a path: ASCII letters, digits, "-" and "_". */
const SEGMENT = "[\\w-]{1,100}";

export interface Refusal {
  readonly code: ProblemCode;
  /** For the `Allow` header (RFC 9110 §10.2.1). */
  readonly allow?: string;
}

/**
 * Creates a function that checks a request to `/api/auth/*` by its path, method and origin only. It
 * runs before anything is counted, read from the database or passed to Better Auth. It returns
 * undefined for a request that is served. A path must be spelled exactly: other case, a trailing or
 * double slash and percent-encoding are refused.
 */
export function createRequestGuard(
  env: Pick<Env, "origins" | "providers" | "oauthProxy" | "tokenEndpoint">,
  organizations: boolean,
) {
  const configured: Readonly<Record<NonNullable<AuthEndpoint["needs"]>, boolean>> = {
    providers: Object.values(env.providers).some(Boolean),
    oauthProxy: env.oauthProxy?.role === "preview",
    tokenEndpoint: env.tokenEndpoint,
    organizations,
  };
  const isServed = ({ needs }: AuthEndpoint) => needs === undefined || configured[needs];
  const served = Object.entries(authEndpoints)
    .filter(([, endpoint]) => isServed(endpoint))
    .map(([path, { method }]) => ({ method, pattern: patternOf(path) }));

  return function checkRequest({
    url,
    method,
    headers,
  }: Pick<Request, "url" | "method" | "headers">): Refusal | undefined {
    const { pathname } = new URL(url);
    const endpoint = served.find(({ pattern }) => pattern.test(pathname));
    if (!endpoint) return { code: "auth_unknown_path" };
    if (endpoint.method !== method) return { code: "auth_wrong_method", allow: endpoint.method };
    const isForeign =
      method === "GET" ? isEmbeddedElsewhere(headers) : isCrossSite(headers, true, env.origins);
    return isForeign ? { code: "gate_cross_site" } : undefined;
  };
}

/** Whether requests to this path hash a password. */
export function hashesPassword(pathname: string): boolean {
  return endpointAt(pathname.slice(API_PATH.length))?.hashesPassword === true;
}

/** Whether only programs can call this path. */
export function isForPrograms(pathname: string): boolean {
  return endpointAt(pathname.slice(API_PATH.length))?.forPrograms === true;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${API_PATH}${path.replace(/:\w+/g, SEGMENT)}$`);
}
