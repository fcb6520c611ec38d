import "server-only";
import type { ServerResponse } from "node:http";
import type { BackendSettings } from "../../backends";
import { withBasePath, withoutBasePath } from "../../base-path";
import { BARE_POLICY, chooseBackendPolicy, FILE_POLICY } from "../../content-policy";
import type { Log } from "../../log/log";
import { routes } from "../../routes";
import { securityHeaders } from "../../security-headers";
import { onAppRequest } from "./app-requests";
import { handleForwardFailures } from "./forward-failures";
import { isBackendPath, pathOf } from "./request-path";

/**
 * Sets the security headers on every response of this server, before Next sees the request. This
 * covers responses that neither the gate nor `next.config.ts` reaches: error pages for a path or a
 * method that Next cannot parse, and files that the matcher leaves out. Headers that are set later
 * replace these.
 *
 * Attack: with `BACKEND_FORWARD=rewrite` Next replaces these headers by those of the backend. A
 * backend that serves HTML with its own policy, such as an uploaded file, would run scripts in this
 * app's origin.
 *
 * Defence: for a backend path the headers are set once more when the head of the response is
 * written.
 *
 * For a backend that is down or silent, the response explains this
 * (`lib/server/http/forward-failures.ts`).
 */
export function guardResponses(appOrigin: string, backends: readonly BackendSettings[], log: Log): void {
  const fixed = Object.entries(securityHeaders(appOrigin));
  onAppRequest(({ request, response }) => {
    const path = pathOf(request);
    const backend = backends.find(({ prefix }) => isBackendPath(path, withBasePath(prefix, routes)));
    const headers = [...fixed, ["content-security-policy", findPolicy(path, backend)] as const];
    for (const [name, value] of headers) response.setHeader(name, value);
    if (!backend) return;
    keepHeaders(response, headers);
    handleForwardFailures(response, backend, log);
  });
}

function keepHeaders(response: ServerResponse, headers: readonly (readonly [string, string])[]): void {
  const writeHead = response.writeHead as (...args: unknown[]) => ServerResponse;
  response.writeHead = (...args: unknown[]) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    // Service Workers §6.3: this header would let a worker from a path below `/backend` control
    // the app's pages.
    response.removeHeader("service-worker-allowed");
    for (const name of PROXY_COMMANDS) response.removeHeader(name);
    // The rewrite passes on no trailers. Node refuses to write this header before a body that is
    // not chunked, and the response would never end.
    response.removeHeader("trailer");
    response.setHeader("cache-control", withoutSharedCaches(response.getHeader("cache-control")));
    return writeHead.apply(response, args);
  };
}

/**
 * Headers with which a backend controls a proxy in front of this server. Attack: with the first
 * group, nginx, Apache and others would send another resource instead of this response: a page of
 * the app, requested as the user, or a file. The second group sets the time in a shared cache, and
 * would override `Cache-Control: private`.
 */
const PROXY_COMMANDS = [
  ...["x-accel-redirect", "x-sendfile", "x-lighttpd-send-file", "x-litespeed-location", "x-reproxy-url"],
  ...["x-accel-expires", "cdn-cache-control", "surrogate-control", "x-litespeed-cache-control"],
];

/**
 * Directives with which a backend decides whether shared caches store the response.
 * `private="…"` does not count: it applies only to the headers that it lists.
 */
const SHARED_CACHE_DIRECTIVE = /(?:^|,)\s*(?:public|private|no-store|s-maxage\s*=\s*\S+)\s*(?:,|$)/i;

/**
 * RFC 9111 §3.5: a shared cache stores no response to a request with `Authorization`, unless the
 * response allows it. A cache in front of this server does not see that header, because the client
 * sends a cookie and the gate adds `Authorization`.
 *
 * Attack: a proxy stores `/backend/report.pdf` of one user and sends it to all others. Defence: if
 * the backend decides nothing, `private` is added.
 */
function withoutSharedCaches(value: number | string | string[] | undefined): string {
  const directives = [value ?? []].flat().join(", ");
  if (directives === "") return "private";
  const withoutQuoted = directives.replace(/"[^"]*"?/g, '""');
  return SHARED_CACHE_DIRECTIVE.test(withoutQuoted) ? directives : `${directives}, private`;
}

const FILES = withBasePath("/_next/static/", routes);

function findPolicy(path: string, backend: BackendSettings | undefined): string {
  if (backend) return chooseBackendPolicy(withoutBasePath(path, routes), backend.docsPage);
  return path.startsWith(FILES) ? FILE_POLICY : BARE_POLICY;
}
