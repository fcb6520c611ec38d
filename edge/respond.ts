import { NextResponse } from "next/server";
import { BARE_POLICY } from "../lib/content-policy";
import { failurePage, unavailablePage } from "../lib/failure-page";
import { loginPath, safeNextPath } from "../lib/next-path";
import { problemResponse, RETRY_AFTER } from "../lib/problem";
import { routes } from "../lib/routes";
import type { Asked } from "./asked";
import type { Decision } from "./decide";

/** None of the gate's own answers is anybody else's business. */
const PRIVATE = { "cache-control": "private, no-store" };

/**
 * Lets a page or a route answer, which learns the request's id. New cookies reach the browser, and the page that is about
 * to be rendered; a policy reaches both as well.
 */
export function pass({ request, requestId }: Asked, setCookies: readonly string[], policy: string): Response {
  const headers = new Headers(request.headers);
  headers.set("x-request-id", requestId);
  if (setCookies.length > 0) headers.set("cookie", applySetCookies(headers.get("cookie") ?? "", setCookies));
  headers.set("content-security-policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("x-request-id", requestId);
  // For the page's own scripts, which show it where the page fails (`app/_components/use-request-id.ts`).
  response.headers.set("server-timing", `request;desc="${requestId}"`);
  if (setCookies.length > 0) response.headers.set("cache-control", PRIVATE["cache-control"]);
  response.headers.set("content-security-policy", policy);
  return withCookies(response, setCookies);
}

/**
 * Lets the platform move the bytes to the backend: `NextResponse.rewrite(target, { request: { headers } })` in Next's
 * own notation, without its copies of the headers (docs/decisions/011-the-warm-path.md). No cookie is ever set
 * here: Next sends what is set on a rewrite to the upstream too.
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

/** Answers in the gate's own name. */
export function answer(
  decision: Exclude<Decision, { do: "pass" | "forward" }>,
  asked: Asked,
  setCookies: readonly string[],
): Response {
  const { request, requestId } = asked;
  switch (decision.do) {
    case "refuse": {
      const response = problemResponse(decision.code, requestId);
      // Next answers no handshake that it does not forward, of any protocol, and leaves the socket open, unless the path
      // is one of a page: then it closes it. Other hosts send the refusal itself.
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

/** Says that the gate itself has failed. */
export function answerFailure({ classified, requestId }: Asked): Response {
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

function destination(to: "login" | "next", { request, pathname, search, classified }: Asked): string {
  if (to === "next") return safeNextPath(new URL(request.url).searchParams.get("next")) ?? routes.home;
  // What was posted cannot be posted again after the sign-in, so the way back is to the page.
  return loginPath(classified.safe ? pathname + withoutFlight(search) : pathname);
}

/** Next's router marks its own requests with `_rsc`; a visitor's address does not hold it. */
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

/** The `Cookie` header that the browser would send after these `Set-Cookie` values (RFC 6265 §5.4). */
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
