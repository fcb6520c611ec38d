import "server-only";
import { Agent } from "node:http";
import { Socket } from "node:net";

/** Uvicorn's default keep-alive timeout is 5 seconds. Milliseconds. */
const CLOSE_AFTER = 4_000;

/**
 * Closes idle connections to the backend before the backend closes them.
 *
 * Next's rewrite keeps an idle connection until the backend closes it. A request that is sent at
 * that moment fails with 500, and a POST must not be retried. `keepSocketAlive` is Node's
 * documented hook for a connection that becomes idle. An agent closes an idle connection that times
 * out. Node's `fetch` closes idle connections after 4 seconds by itself.
 */
export function closeIdleConnections(): void {
  const { keepSocketAlive } = Agent.prototype;
  Agent.prototype.keepSocketAlive = function (socket) {
    const isKept = keepSocketAlive.call(this, socket);
    // A shorter timeout comes from the agent, or was announced by the server.
    if (socket instanceof Socket && !(socket.timeout && socket.timeout < CLOSE_AFTER))
      socket.setTimeout(CLOSE_AFTER);
    return isKept;
  };
}
