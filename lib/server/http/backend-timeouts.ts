import "server-only";
import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import type { BackendSettings } from "../../backends";
import { isWithin } from "../../route-patterns";

/**
 * Gives each backend its own timeout in Next's rewrite, which has only one for all of them, the
 * longest (`proxyTimeout` in `next.config.ts`). Before a request was sent completely, the longest
 * one applies.
 */
export function limitBackendTimeouts(backends: readonly BackendSettings[]): void {
  const longest = Math.max(...backends.map(({ timeoutSeconds }) => timeoutSeconds));
  const shorter = backends
    .filter(({ timeoutSeconds }) => timeoutSeconds < longest)
    .map(({ url, timeoutSeconds }) => ({ url: new URL(url), timeoutMs: timeoutSeconds * 1000 }));
  if (shorter.length === 0) return;

  // Node publishes this when it has sent the last byte of a request.
  subscribe("http.client.request.start", (message) => {
    const { request } = message as { request: ClientRequest };
    const found = shorter.find(({ url }) => isFor(request, url));
    // Next's own listener ends the request when its connection has been silent for so long.
    if (found) request.setTimeout(found.timeoutMs);
  });
}

function isFor(request: ClientRequest, { protocol, host, pathname }: URL): boolean {
  const [path = ""] = request.path.split("?", 1);
  return (
    request.protocol === protocol &&
    request.getHeader("host") === host &&
    (pathname === "/" || isWithin(path, pathname))
  );
}
