import "server-only";
import { type IncomingMessage, Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Each function returns whether it has handled the event. Then Next does not see the event. */
export interface Interceptors {
  readonly request: (request: IncomingMessage, response: ServerResponse) => boolean;
  readonly upgrade: (request: IncomingMessage, socket: Socket) => boolean;
}

/**
 * Calls the interceptors before Next's own listeners, for every HTTP server of this process. Next
 * creates its server before any code of the app runs and gives no access to it, so the prototype is
 * patched. This is the only patch of it.
 */
export function interceptEvents({ request, upgrade }: Interceptors): void {
  const { emit } = Server.prototype as { emit: (event: string, ...args: unknown[]) => boolean };
  Server.prototype.emit = function (this: Server, event: string, ...args: unknown[]): boolean {
    const isHandled =
      (event === "request" && request(...(args as [IncomingMessage, ServerResponse]))) ||
      (event === "upgrade" && upgrade(...(args as [IncomingMessage, Socket])));
    return isHandled || emit.call(this, event, ...args);
  };
}
