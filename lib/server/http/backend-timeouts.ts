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
  if (backends.every(({ timeoutSeconds }) => timeoutSeconds === longest)) return;
  const limits = backends
    .map(({ url, timeoutSeconds }) => ({ url: new URL(url), timeoutSeconds }))
    // A backend below another one at the same host comes before that one.
    .sort((one, other) => other.url.pathname.length - one.url.pathname.length);

  // Node publishes this when it has sent the last byte of a request.
  subscribe("http.client.request.start", (message) => {
    const { request } = message as { request: ClientRequest };
    const found = limits.find(({ url }) => isFor(request, url));
    // Next's own listener ends the request when its connection has been silent for so long.
    if (found && found.timeoutSeconds < longest) request.setTimeout(found.timeoutSeconds * 1000);
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
