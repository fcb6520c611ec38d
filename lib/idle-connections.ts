import { Agent } from "node:http";
import { Socket } from "node:net";

/** Uvicorn closes an idle connection after 5 seconds unless it is told otherwise. Milliseconds. */
const CLOSE_AFTER = 4_000;

/**
 * Next's rewrite keeps idle connections to the backend until the backend closes them. A request that is sent at that moment
 * fails with 500, and a POST may not be repeated. `keepSocketAlive` is Node's documented hook for a connection that becomes
 * idle; an agent closes an idle connection that times out. The `fetch` of Node closes after 4 seconds by itself.
 */
export function closeIdleConnections(): void {
  const { keepSocketAlive } = Agent.prototype;
  Agent.prototype.keepSocketAlive = function (socket) {
    const isKept = keepSocketAlive.call(this, socket);
    // A shorter time is the agent's own, or one that the server has announced.
    if (socket instanceof Socket && !(socket.timeout && socket.timeout < CLOSE_AFTER))
      socket.setTimeout(CLOSE_AFTER);
    return isKept;
  };
}
