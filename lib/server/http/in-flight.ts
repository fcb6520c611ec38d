import "server-only";
import { subscribe } from "node:diagnostics_channel";
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** What the HTTP servers of this process have in progress. */
export interface InFlight {
  readonly servers: ReadonlySet<Server>;
  /** One for each request that has not ended. */
  readonly responses: ReadonlySet<ServerResponse>;
  /** The connections of WebSockets. Node's HTTP server does not know them any more. */
  readonly upgraded: ReadonlySet<Socket>;
  addUpgraded(socket: Socket): void;
}

/** Starts to record what is in progress. */
export function trackInFlight(): InFlight {
  const servers = new Set<Server>();
  const responses = new Set<ServerResponse>();
  const upgraded = new Set<Socket>();
  subscribe("http.server.request.start", (message) => {
    const { server, response } = message as { server: Server; response: ServerResponse };
    servers.add(server);
    responses.add(response);
    // Node emits this also when the client has disconnected.
    response.once("close", () => responses.delete(response));
  });
  return {
    ...{ servers, responses, upgraded },
    addUpgraded(socket) {
      upgraded.add(socket);
      socket.once("close", () => upgraded.delete(socket));
    },
  };
}
