import "server-only";
import type { IncomingMessage, ServerResponse } from "node:http";
import { withBasePath } from "../../base-path";
import type { ContentSources } from "../../csp";
import type { Routes } from "../../routes";
import { buildStaticPolicy } from "../static-page-policy";
import { onAppRequest } from "./app-requests";
import { isBackendPath, pathOf } from "./request-path";

const POLICY = "content-security-policy";

/**
 * Sets the Content Security Policy of static pages (`lib/server/static-page-policy.ts`). It depends
 * on the HTML, which Next renders again from time to time, so it is set where the HTML is sent: by
 * `next start`, and by the functions that render a page for Vercel's cache. `secure`: the app is
 * served over https.
 */
export function setStaticPolicies(
  { backends, basePath }: Pick<Routes, "backends" | "basePath">,
  sources: ContentSources,
  secure: boolean,
): void {
  const below = (path: string) => withBasePath(path, { basePath });
  const isBackend = (path: string) => backends.some(({ prefix }) => isBackendPath(path, below(prefix)));
  onAppRequest(({ request, response }) => {
    const path = pathOf(request);
    // Their policies are fixed (`guard-responses.ts`), and no gate replaces what a client sends.
    if (isBackend(path) || path.startsWith(below("/_next/"))) return;
    onHead(response, () => setPolicy(request, response));
    onEnd(response, (html) => {
      if (!isHtml(response) || !isPrerendered(response)) return;
      response.setHeader(POLICY, buildStaticPolicy(html, sources, secure).policy);
    });
  });
}

function setPolicy(request: IncomingMessage, response: ServerResponse): void {
  if (isPrerendered(response)) {
    // RFC 9111 §3.2: a header that a 304 has not keeps its value in the cache. The cached value
    // belongs to the cached HTML. The same applies to HEAD (§4.3.5).
    if (response.statusCode === 304 || request.method === "HEAD") response.removeHeader(POLICY);
    return;
  }
  // The not-found page of a static page is rendered for the request. The gate has set its policy on
  // the request only.
  const policy = request.headers[POLICY];
  if (isHtml(response) && typeof policy === "string") response.setHeader(POLICY, policy);
}

/** Next sets this header on responses that it has rendered for everyone. */
function isPrerendered(response: ServerResponse): boolean {
  return response.hasHeader("x-nextjs-prerender");
}

function isHtml(response: ServerResponse): boolean {
  return String(response.getHeader("content-type") ?? "").startsWith("text/html");
}

/** Calls `run` before the head of the response is written. */
function onHead(response: ServerResponse, run: () => void): void {
  const writeHead = response.writeHead as (...args: unknown[]) => ServerResponse;
  response.writeHead = (...args: unknown[]) => {
    run();
    return writeHead.apply(response, args);
  };
}

/**
 * Calls `run` with a body that Next sends as one text. Next's compression replaces `end` later, and
 * the body must be read before that: so each function that replaces it is wrapped.
 */
function onEnd(response: ServerResponse, run: (body: string) => void): void {
  type End = (...args: unknown[]) => ServerResponse;
  const wrap =
    (end: End): End =>
    (...args) => {
      if (!response.headersSent && typeof args[0] === "string") run(args[0]);
      return end.apply(response, args);
    };
  let end = wrap(response.end as End);
  Object.defineProperty(response, "end", {
    configurable: true,
    get: () => end,
    set: (next: End) => {
      end = wrap(next);
    },
  });
}
