import "server-only";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { withBasePath } from "../../base-path";
import type { Log } from "../../log/log";
import { describeProblem, problems } from "../../problem";
import { isWithin } from "../../route-patterns";
import { type Backend, routes } from "../../routes";

/** How long the client may take to close its side after ours is closed. Milliseconds. */
const CLOSE_TIMEOUT = 1_000;

/**
 * How long the backend may take to send the first byte of its response to a handshake.
 * Milliseconds.
 */
const FIRST_BYTE_TIMEOUT = 30_000;

const WEB_SOCKET_PREFIXES = routes.backends
  .filter(({ webSockets = true }: Backend) => webSockets)
  .map(({ prefix }) => withBasePath(prefix, routes));

export interface UpgradeGuardOptions {
  readonly log: Log;
  readonly randomId: () => string;
  /** The prefix of the paths that the server upgrades itself: hot reloading in `next dev`. */
  readonly ownPrefix?: string | undefined;
}

/**
 * Creates the function that closes every upgrade that is not forwarded to the backend. It returns
 * whether it has refused the upgrade.
 *
 * Attack: when a request contains an upgrade, Node removes its connection from the HTTP server, and
 * none of the server's timeouts applies to it any more. Next handles such a request only if a
 * rewrite or a page matches it. Otherwise Next leaves the socket open for ever. The middleware
 * cannot prevent this: its matcher excludes some paths, and Next redirects some paths before the
 * middleware runs.
 *
 * Defence: an upgrade reaches Next only if it is a WebSocket handshake for a backend path that Next
 * does not normalise. For such a path the gate runs and decides. All other upgrades are refused
 * here. A socket whose sending side is closed is destroyed, whether or not the client closes its
 * own side.
 */
export function createUpgradeGuard(options: UpgradeGuardOptions) {
  return function guardUpgrade(request: IncomingMessage, socket: Socket): boolean {
    closeBothSides(socket);
    if (isOwn(request, options.ownPrefix)) return false;
    if (!isBackendHandshake(request)) {
      refuse(socket, options);
      return true;
    }
    requireFirstByte(socket);
    return false;
  };
}

function isOwn({ url = "" }: IncomingMessage, ownPrefix: string | undefined): boolean {
  return ownPrefix !== undefined && url.startsWith(ownPrefix);
}

/**
 * Whether this is a WebSocket handshake (RFC 6455 §4.1) for a path of a backend that takes
 * WebSockets, and the gate sees the path unchanged.
 */
function isBackendHandshake({ method, headers, url = "" }: IncomingMessage): boolean {
  const [path = ""] = url.split("?", 1);
  return (
    method === "GET" &&
    headers.upgrade?.toLowerCase() === "websocket" &&
    WEB_SOCKET_PREFIXES.some((prefix) => isWithin(path, prefix)) &&
    isNormal(path)
  );
}

/**
 * Whether Next leaves this path unchanged. Before the middleware runs, Next resolves dot segments,
 * and redirects repeated slashes, backslashes and more.
 */
function isNormal(path: string): boolean {
  const base = "http://localhost";
  return !path.includes("//") && URL.canParse(path, base) && new URL(path, base).pathname === path;
}

function refuse(socket: Socket, { log, randomId }: UpgradeGuardOptions): void {
  const code = "gate_not_websocket";
  const { status, title } = problems[code];
  const requestId = randomId();
  const body = JSON.stringify(describeProblem(code, requestId));
  log({ code, request_id: requestId, status });
  socket.on("error", () => {});
  socket.end(
    [
      `HTTP/1.1 ${status} ${title}`,
      "Connection: close",
      "Cache-Control: private, no-store",
      "Content-Type: application/problem+json",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "X-Content-Type-Options: nosniff",
      `X-Request-Id: ${requestId}`,
      "",
      body,
    ].join("\r\n"),
  );
}

/**
 * Node's HTTP server keeps a half-open socket until the client closes its side (`allowHalfOpen`).
 */
function closeBothSides(socket: Socket): void {
  socket.once("finish", () => {
    const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT);
    socket.once("close", () => clearTimeout(timer));
  });
}

/**
 * Covers a backend that never responds, and each socket that Next leaves open without a response.
 */
function requireFirstByte(socket: Socket): void {
  const sentBefore = socket.bytesWritten;
  const timer = setTimeout(() => {
    if (socket.bytesWritten === sentBefore) socket.destroy();
  }, FIRST_BYTE_TIMEOUT);
  socket.once("close", () => clearTimeout(timer));
}
