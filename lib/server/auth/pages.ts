import "server-only";
import { decodeJwt } from "jose";
import { authBasePath } from "../../auth/auth-path";
import { withBasePath } from "../../base-path";
import { BARE_POLICY } from "../../content-policy";
import { failurePage, refusedPage, tooManyPage, unavailablePage } from "../../failure-page";
import { routes } from "../../routes";

/** The page that shows the result of a link in an email, or of a sign-in through another site. */
const pages: readonly (readonly [root: string, page: string])[] = [
  ["/api/auth/verify-email", "/verify-email"],
  ["/api/auth/reset-password", "/reset-password"],
  ["/api/auth/callback", routes.login],
];

/** Better Auth's own error page. It does not look like this app. */
const ERROR_PAGE = `${authBasePath}/error`;

/**
 * Replaces a response that a person would see as raw JSON, or as Better Auth's own error page, by
 * an HTML page or a redirect. A link in an email is opened by a browser, not by a script.
 */
export async function showAsPage(request: Request, response: Response, requestId: string): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const found = pages.find(([root]) => pathname === root || pathname.startsWith(`${root}/`))?.[1];
  const page = found && withBasePath(found, routes);
  const location = response.headers.get("location");
  if (page !== undefined && location !== null && URL.canParse(location, request.url)) {
    const target = new URL(location, request.url);
    if (target.pathname !== ERROR_PAGE) return response;
    return redirect(response, withError(page, target.searchParams.get("error")));
  }
  if (response.status < 400) {
    // A link that lost its `callbackURL` on the way still works, but would show `{"status":true}`.
    const isBare = found === "/verify-email" && isNavigation(request);
    return isBare ? redirect(response, `${page}?done=${findEffect(searchParams.get("token"))}`) : response;
  }
  const code = response.status < 500 ? await codeOf(response) : null;
  // Better Auth itself redirects in the same way when such a link fails for any other reason.
  const back = searchParams.get("callbackURL");
  if (code === "EMAIL_TAKEN" && back?.startsWith("/")) return redirect(response, withError(back, code));
  if (!isNavigation(request)) return response;
  const isRefused = response.status < 500 && response.status !== 429;
  if (page !== undefined && isRefused) return redirect(response, withError(page, code));
  return ownPage(response, pageFor(response.status, requestId));
}

function pageFor(status: number, requestId: string): string {
  if (status === 429) return tooManyPage(requestId);
  if (status === 503) return unavailablePage(requestId);
  return status < 500 ? refusedPage(requestId, withBasePath("/", routes)) : failurePage(requestId);
}

/** Uses Fetch Metadata if the browser sends it, and the `Accept` header otherwise. */
function isNavigation({ headers }: Request): boolean {
  const destination = headers.get("sec-fetch-dest");
  if (destination === "document" || headers.get("sec-fetch-mode") === "navigate") return true;
  return !destination && (headers.get("accept")?.includes("text/html") ?? false);
}

async function codeOf(response: Response): Promise<string | null> {
  try {
    const { code } = await response.clone().json();
    return typeof code === "string" ? code : null;
  } catch {
    return null;
  }
}

/**
 * What the link has done. The links of lib/server/auth/email-callbacks.ts differ in the
 * `requestType` of their tokens.
 */
function findEffect(token: string | null): "approved" | "changed" | "confirmed" {
  const { requestType } = decodeJwt(token ?? "");
  if (requestType === "change-email-confirmation") return "approved";
  return requestType === "change-email-verification" ? "changed" : "confirmed";
}

function withError(page: string, code: string | null): string {
  return `${page}${page.includes("?") ? "&" : "?"}error=${encodeURIComponent(code ?? "UNKNOWN")}`;
}

/** Keeps the `Set-Cookie` headers: Better Auth deletes the cookies that are no longer needed. */
function redirect(response: Response, to: string): Response {
  const headers = withoutBody(response.headers);
  headers.set("location", to);
  return new Response(null, { status: 302, headers });
}

function ownPage(response: Response, html: string): Response {
  const headers = withoutBody(response.headers);
  headers.set("content-type", "text/html; charset=utf-8");
  headers.set("content-security-policy", BARE_POLICY);
  return new Response(html, { status: response.status, headers });
}

function withoutBody(original: Headers): Headers {
  const headers = new Headers(original);
  headers.delete("content-type");
  headers.delete("content-length");
  return headers;
}
