import "server-only";
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { onAppRequest } from "./app-requests";

/** What the HTTP servers of this app have in progress. */
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
  onAppRequest(({ server, response }) => {
    servers.add(server);
    responses.add(response);
    // Next's rewrite adds as many listeners as Node allows before it prints a warning. This is one
    // more.
    response.setMaxListeners(response.getMaxListeners() + 1);
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
