import "server-only";
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Refuses requests that Next cannot read. Returns whether it has refused this one.
 *
 * Attack: Next responds to such a request with 500 and a stack in the log, before any code of the
 * app runs, so any client could fill the log.
 *
 * - TRACE: Next cannot build its `Request` for it (Fetch §2.2.1 forbids the method). RFC 9110
 *   §9.3.8: the response to TRACE contains the request's headers. They include cookies, and no
 *   client needs it here.
 * - A request target that is neither a path nor an address (RFC 9112 §3.2), such as `*`.
 */
export function refuseUnreadable(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method === "TRACE") {
    return refuse(response, 405, { allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" });
  }
  return !isTarget(request.url) && refuse(response, 400);
}

function isTarget(url = ""): boolean {
  return url.startsWith("/") || (/^https?:/i.test(url) && URL.canParse(url));
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): true {
  response.writeHead(status, { ...headers, "cache-control": "no-store", "content-length": 0 }).end();
  return true;
}
