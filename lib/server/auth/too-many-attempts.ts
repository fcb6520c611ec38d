import "server-only";
import { APIError } from "better-auth/api";
import { withBasePath } from "../../base-path";
import { readTrace } from "../../log/request-trace";
import { routes } from "../../routes";
import type { Attempt } from "./attempt-counter";
import type { HookContext } from "./plugin-hooks";

/** The page that explains the error to a person who opens a link. */
const pages: Readonly<Record<string, string>> = {
  "/verify-email": "/verify-email",
  "/reset-password/:token": "/reset-password",
  "/callback/:id": routes.login,
};

/**
 * The error for a request over a limit: a redirect for a link that a person opens, and otherwise
 * problem details (RFC 9457), with the `message` field that Better Auth's client reads.
 */
export function tooManyAttempts({ retryAfter }: Attempt, context: HookContext, request: Request): Error {
  const page = pages[context.path];
  // Fetch Metadata: a browser opens this URL as a document.
  if (page && request.headers.get("sec-fetch-dest") === "document") {
    return context.redirect(`${withBasePath(page, routes)}?error=TOO_MANY_REQUESTS`);
  }
  const detail = `Too many attempts. Try again in ${retryAfter} seconds.`;
  const body = {
    type: "about:blank",
    title: "Too many attempts",
    status: 429,
    detail,
    message: detail,
    code: "TOO_MANY_REQUESTS",
    request_id: readTrace(request.headers).requestId,
  };
  const seconds = String(retryAfter);
  // Better Auth's documentation uses the second header.
  return new APIError("TOO_MANY_REQUESTS", body, { "retry-after": seconds, "x-retry-after": seconds });
}
