import { type IncomingMessage, Server, type ServerResponse } from "node:http";

/**
 * Next cannot build its `Request` for TRACE (Fetch §2.2.1 forbids the method) and responds with 500 and a stack in the log,
 * before any code of the app runs. RFC 9110 §9.3.8: TRACE sends the request's headers back, cookies among them, so nobody
 * needs it here.
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
