import { withBasePath } from "../lib/base-path";
import { BARE_POLICY } from "../lib/content-policy";
import { applySetCookies } from "../lib/cookies";
import { failurePage, unavailablePage } from "../lib/failure-page";
import { splitLocale } from "../lib/locale-prefix";
import { type ProblemCode, problemResponse, RETRY_AFTER } from "../lib/problem";
import { loginPath, safeNextPath } from "../lib/redirect-target";
import type { Routes } from "../lib/routes";
import type { OwnDecision } from "./decide";
import type { Additions } from "./next-additions";
import type { GateOptions } from "./options";
import { choosePolicy, type PolicyOptions } from "./pages/content-security-policy";
import type { GateRequest } from "./request";
import type { Unmet } from "./requirements";

/** For the gate's own responses: they depend on the visitor, so no cache may store them. */
const PRIVATE = { "cache-control": "private, no-store" };

type RespondOptions = Pick<GateOptions, "routes"> & PolicyOptions;

/**
 * Performs each decision that does not forward the request: passes it to Next, or makes the gate's
 * own response. `setCookies` are `Set-Cookie` values for the browser.
 */
export function respond(
  request: GateRequest,
  decision: OwnDecision,
  setCookies: readonly string[],
  options: RespondOptions,
): Response {
  const { requestId } = request;
  const { routes } = options;
  switch (decision.do) {
    case "pass":
      return pass(request, setCookies, options);
    case "refuse": {
      const response =
        "unmet" in decision
          ? unmetResponse(decision.code, requestId, decision.unmet)
          : problemResponse(decision.code, requestId);
      // Next sends no response to an upgrade that it does not forward. It closes the socket only if
      // the path is a page's, and leaves it open otherwise. So the refusal is also a rewrite to a
      // page. Other hosts send the refusal itself.
      if (request.isUpgrade)
        response.headers.set("x-middleware-rewrite", addressOf(routes.login, request, routes));
      return addCookies(response, setCookies);
    }
    case "show-unavailable":
      return htmlResponse(unavailablePage(requestId), 503, requestId);
    case "redirect": {
      const location = addressOf(findDestination(decision.to, request, routes), request, routes);
      const headers = { ...PRIVATE, "x-request-id": requestId, location };
      return addCookies(new Response(null, { status: decision.status, headers }), setCookies);
    }
    case "redirect-action": {
      const response = problemResponse("gate_signed_out", requestId);
      // Next's client adds the base path itself.
      response.headers.set("x-action-redirect", `${findDestination(decision.to, request, routes)};push`);
      return addCookies(response, setCookies);
    }
    default:
      decision satisfies never;
      return problemResponse("gate_signed_out", requestId);
  }
}

/** The refusal with the condition that the session does not meet, in `detail` and `required`. */
function unmetResponse(code: ProblemCode, requestId: string, unmet: Unmet): Response {
  const response = problemResponse(code, requestId, { detail: describeUnmet(unmet), required: unmet });
  if ("max_age" in unmet) {
    const challenge = `Bearer error="insufficient_user_authentication", max_age="${unmet.max_age}"`;
    response.headers.set("www-authenticate", challenge);
  }
  return response;
}

function describeUnmet(unmet: Unmet): string {
  if ("role" in unmet) return `This needs the role ${listRoles(unmet.role)}.`;
  if ("org_role" in unmet)
    return `This needs the role ${listRoles(unmet.org_role)} in the active organisation.`;
  if ("verified_email" in unmet) return "This needs a verified email address.";
  return `This needs a sign-in of the last ${unmet.max_age} seconds. Sign in again.`;
}

const listRoles = (roles: string | readonly string[]) => [roles].flat().join(" or ");

/** The 500 response for an error in the gate: HTML for a navigation, otherwise problem+json. */
export function respondToFailure({ classified, requestId }: GateRequest): Response {
  return classified.wants === "document"
    ? htmlResponse(failurePage(requestId), 500, requestId)
    : problemResponse("gate_failed", requestId);
}

/**
 * Passes the request to the app. `additions` are those of the `next` function. They come first, so
 * the gate's own headers and cookies replace them.
 */
export function pass(
  request: GateRequest,
  setCookies: readonly string[],
  options: RespondOptions,
  additions?: Additions,
): Response {
  const policy = choosePolicy(request.classified, options);
  return isShared(request, options)
    ? passShared(request, policy, additions)
    : passPrivate(request, setCookies, policy, additions);
}

/**
 * Passes a request for a response of its own, with its request ID. The new cookies and the Content
 * Security Policy (`policy`) are set on the request, for the page, and on the response, for the
 * browser.
 */
export function passPrivate(
  { raw, requestId }: Pick<GateRequest, "raw" | "requestId">,
  setCookies: readonly string[],
  policy: string,
  additions?: Additions,
): Response {
  const headers = new Headers(raw.headers);
  if (additions) addRequestHeaders(headers, additions);
  headers.set("x-request-id", requestId);
  if (setCookies.length > 0) headers.set("cookie", applySetCookies(headers.get("cookie") ?? "", setCookies));
  headers.set("content-security-policy", policy);
  const response = continueToApp(headers, additions?.rewrite);
  if (additions) addResponseHeaders(response, additions);
  response.headers.set("x-request-id", requestId);
  // Scripts of the page can read this header. They show the ID if the page fails
  // (`app/_components/use-request-id.ts`).
  response.headers.set("server-timing", `request;desc="${requestId}"`);
  if (setCookies.length > 0) response.headers.set("cache-control", PRIVATE["cache-control"]);
  response.headers.set("content-security-policy", policy);
  return addCookies(response, setCookies);
}

/** Sends the response of the `next` function: a redirect, or one of its own. */
export function respondWith(
  { body, status, statusText, headers }: Response,
  { requestId }: GateRequest,
  setCookies: readonly string[],
  policy: string,
  additions: Additions,
): Response {
  const response = new Response(body, { status, statusText });
  addResponseHeaders(response, additions);
  // A redirect to a language depends on the visitor, like a cookie.
  if (setCookies.length > 0 || !headers.has("cache-control")) {
    response.headers.set("cache-control", PRIVATE["cache-control"]);
  }
  response.headers.set("x-request-id", requestId);
  response.headers.set("content-security-policy", policy);
  return addCookies(response, setCookies);
}

/** The page also sees the cookies that the browser is about to get, as with Next's own functions. */
function addRequestHeaders(headers: Headers, { requestHeaders, keeps, setCookies }: Additions): void {
  for (const name of [...headers.keys()]) if (!keeps(name)) headers.delete(name);
  for (const [name, value] of requestHeaders) headers.set(name, value);
  if (setCookies.length > 0) headers.set("cookie", applySetCookies(headers.get("cookie") ?? "", setCookies));
}

function addResponseHeaders(response: Response, { responseHeaders, setCookies }: Additions): void {
  for (const [name, value] of responseHeaders) response.headers.set(name, value);
  // Attack: a shared cache stores a static page with one visitor's cookie, and sends it to all others.
  if (setCookies.length > 0) response.headers.set("cache-control", PRIVATE["cache-control"]);
  addCookies(response, setCookies);
}

/** In development Next renders every page for each request, so a static page is a page there. */
function isShared({ classified: { kind } }: GateRequest, { development }: RespondOptions): boolean {
  return kind === "public-file" || (kind === "static-page" && !development);
}

/**
 * Passes a request for what a shared cache may store: a public file or a static page. The response
 * is the same for everyone, so the gate adds nothing that depends on the request. The `next` function
 * can still add something (`additions`).
 *
 * The policy of a static page has the hashes of its scripts, which only the server knows that has the
 * HTML (`lib/server/http/set-static-policy.ts`). The policy on the request has a nonce, for a page
 * that is rendered for this request after all: the not-found page.
 */
function passShared({ raw, classified }: GateRequest, policy: string, additions?: Additions): Response {
  const headers = new Headers(raw.headers);
  if (additions) addRequestHeaders(headers, additions);
  headers.set("content-security-policy", policy);
  const response = continueToApp(headers, additions?.rewrite);
  if (additions) addResponseHeaders(response, additions);
  if (classified.kind === "public-file") response.headers.set("content-security-policy", policy);
  return response;
}

/**
 * Lets Next continue to the page or the route handler, with these request headers. It does what
 * `NextResponse.next` does, in Next's own notation: `next/server` would add a parser of user agents
 * to the script (docs/decisions/012-what-is-in-the-script.md).
 */
function continueToApp(requestHeaders: Headers, rewrite: string | undefined): Response {
  const headers: Record<string, string> = {
    ...(rewrite === undefined ? { "x-middleware-next": "1" } : { "x-middleware-rewrite": rewrite }),
    "x-middleware-override-headers": [...requestHeaders.keys()].join(","),
  };
  for (const [name, value] of requestHeaders) headers[`x-middleware-request-${name}`] = value;
  return new Response(null, { headers });
}

function htmlResponse(html: string, status: number, requestId: string): Response {
  return new Response(html, {
    status,
    headers: {
      ...PRIVATE,
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": BARE_POLICY,
      "retry-after": RETRY_AFTER,
      "x-request-id": requestId,
    },
  });
}

function findDestination(
  to: "login" | "next",
  { raw, pathname, search, classified }: GateRequest,
  routes: Routes,
): string {
  if (to === "next") {
    const home = splitLocale(pathname, routes).prefix + routes.home;
    return safeNextPath(new URL(raw.url).searchParams.get("next"), routes) ?? home;
  }
  // The body of an unsafe request cannot be sent again after the sign-in. So the visitor returns to
  // the page without its query.
  return loginPath(classified.safe ? pathname + removeFlight(search) : pathname, routes);
}

/** The absolute address of a path of this app. */
function addressOf(path: string, { raw }: GateRequest, routes: Routes): string {
  return new URL(withBasePath(path, routes), raw.url).href;
}

/** Removes `_rsc` from a query. Next's router adds it to its own requests; no visitor needs it. */
function removeFlight(search: string): string {
  if (!search.includes("_rsc=")) return search;
  const parameters = search.slice(1).split("&");
  const kept = parameters.filter((parameter) => !parameter.startsWith("_rsc="));
  return kept.length > 0 ? `?${kept.join("&")}` : "";
}

function addCookies(response: Response, setCookies: readonly string[]): Response {
  for (const cookie of setCookies) response.headers.append("set-cookie", cookie);
  return response;
}
