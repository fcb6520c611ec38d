import { type IncomingMessage, Server, type ServerResponse } from "node:http";

/**
 * Responds to every TRACE request with 405, before Next sees the request.
 *
 * Next cannot build its `Request` for TRACE, because Fetch §2.2.1 forbids the method. Without this
 * function Next responds with 500 and writes a stack to the log, before any code of this app runs.
 *
 * RFC 9110 §9.3.8: a TRACE response contains the headers of the request, which can include cookies.
 * No part of this app needs the method.
 */
export function refuseTrace(): void {
  const { emit } = Server.prototype as { emit: (event: string, ...values: unknown[]) => boolean };
  Server.prototype.emit = function (this: Server, event: string, ...values: unknown[]): boolean {
    const [request, response] = values as [IncomingMessage, ServerResponse];
    if (event !== "request" || request.method !== "TRACE") return emit.call(this, event, ...values);
    const allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    response.writeHead(405, { allow, "cache-control": "no-store", "content-length": 0 }).end();
    return true;
  };
}
