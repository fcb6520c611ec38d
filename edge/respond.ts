import { NextResponse } from "next/server";
import { BARE_POLICY } from "../lib/content-policy";
import { failurePage, unavailablePage } from "../lib/failure-page";
import { problemResponse, RETRY_AFTER } from "../lib/problem";
import { loginPath, safeNextPath } from "../lib/redirect-target";
import { routes } from "../lib/routes";
import type { Decision } from "./decide";
import type { GateRequest } from "./request";

/** For the gate's own responses: they depend on the visitor, so no cache may store them. */
const PRIVATE = { "cache-control": "private, no-store" };

/**
 * Passes the request to a page or a route handler, with its request ID. New cookies reach the
 * browser, and also the page that is about to be rendered. So does the policy.
 */
export function pass(
  { request, requestId }: GateRequest,
  setCookies: readonly string[],
  policy: string,
): Response {
  const headers = new Headers(request.headers);
  headers.set("x-request-id", requestId);
  if (setCookies.length > 0) headers.set("cookie", applySetCookies(headers.get("cookie") ?? "", setCookies));
  headers.set("content-security-policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("x-request-id", requestId);
  // Scripts of the page can read this header. They show the ID if the page fails
  // (`app/_components/use-request-id.ts`).
  response.headers.set("server-timing", `request;desc="${requestId}"`);
  if (setCookies.length > 0) response.headers.set("cache-control", PRIVATE["cache-control"]);
  response.headers.set("content-security-policy", policy);
  return withCookies(response, setCookies);
}

/**
 * Lets the platform forward the request to the backend. It does what `NextResponse.rewrite` does,
 * in Next's own notation, without copying the headers twice (docs/decisions/011-the-warm-path.md).
 * It never sets a cookie: Next sends the headers of a rewrite to the upstream as well.
 */
export function forward(target: string, headers: ReadonlyMap<string, string>, requestId: string): Response {
  const all: Record<string, string> = {
    "x-middleware-rewrite": target,
    "x-middleware-override-headers": [...headers.keys()].join(","),
    "x-request-id": requestId,
  };
  for (const [name, value] of headers) all[`x-middleware-request-${name}`] = value;
  return new Response(null, { headers: all });
}

/** Makes the gate's own response: a refusal, the 503 page or a redirect. */
export function answer(
  decision: Exclude<Decision, { do: "pass" | "forward" }>,
  asked: GateRequest,
  setCookies: readonly string[],
): Response {
  const { request, requestId } = asked;
  switch (decision.do) {
    case "refuse": {
      const response = problemResponse(decision.code, requestId);
      // A rewrite to a page makes Next close the socket. Next sends no response to an upgrade that
      // it does not forward, of any protocol, and leaves the socket open if the path is not a
      // page's. Other hosts send the refusal itself.
      if (asked.isUpgrade)
        response.headers.set("x-middleware-rewrite", new URL(routes.login, request.url).href);
      return withCookies(response, setCookies);
    }
    case "show-unavailable":
      return ownPage(unavailablePage(requestId), 503, requestId);
    case "redirect": {
      const location = new URL(destination(decision.to, asked), request.url);
      const headers = { ...PRIVATE, "x-request-id": requestId };
      return withCookies(NextResponse.redirect(location, { status: decision.status, headers }), setCookies);
    }
    case "redirect-action": {
      const response = problemResponse("gate_signed_out", requestId);
      response.headers.set("x-action-redirect", `${destination(decision.to, asked)};push`);
      return withCookies(response, setCookies);
    }
    default:
      decision satisfies never;
      return problemResponse("gate_signed_out", requestId);
  }
}

/** The 500 response for an error in the gate: HTML for a navigation, otherwise problem+json. */
export function answerFailure({ classified, requestId }: GateRequest): Response {
  return classified.wants === "document"
    ? ownPage(failurePage(requestId), 500, requestId)
    : problemResponse("gate_failed", requestId);
}

function ownPage(html: string, status: number, requestId: string): Response {
  return new NextResponse(html, {
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

function destination(to: "login" | "next", { request, pathname, search, classified }: GateRequest): string {
  if (to === "next") return safeNextPath(new URL(request.url).searchParams.get("next")) ?? routes.home;
  // A body cannot be posted again after the sign-in, so the visitor returns to the page itself.
  return loginPath(classified.safe ? pathname + withoutFlight(search) : pathname);
}

/** Removes `_rsc`, with which Next's router marks its own requests, from a visitor's address. */
function withoutFlight(search: string): string {
  if (!search.includes("_rsc=")) return search;
  const parameters = search.slice(1).split("&");
  const kept = parameters.filter((parameter) => !parameter.startsWith("_rsc="));
  return kept.length > 0 ? `?${kept.join("&")}` : "";
}

function withCookies(response: Response, setCookies: readonly string[]): Response {
  for (const cookie of setCookies) response.headers.append("set-cookie", cookie);
  return response;
}

/**
 * The `Cookie` header that the browser would send after these `Set-Cookie` values (RFC 6265 §5.4).
 */
function applySetCookies(header: string, setCookies: readonly string[]): string {
  const jar = new Map<string, string>();
  for (const pair of header.split(";")) {
    const [name, value] = nameAndValue(pair);
    if (name && !jar.has(name)) jar.set(name, value);
  }
  for (const cookie of setCookies) {
    const [pair = "", ...attributes] = cookie.split(";");
    const [name, value] = nameAndValue(pair);
    if (attributes.some((attribute) => attribute.trim().toLowerCase() === "max-age=0")) jar.delete(name);
    else jar.set(name, value);
  }
  return Array.from(jar, ([name, value]) => `${name}=${value}`).join("; ");
}

function nameAndValue(pair: string): [string, string] {
  const equals = pair.indexOf("=");
  return equals < 0 ? ["", ""] : [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
}
