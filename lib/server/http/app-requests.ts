import "server-only";
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { LookupServer } from "../postgres/lookup-server";

/** A request of a client of this app, and the response that it will get. */
export interface AppRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: Server;
}

/**
 * Calls `run` at the start of each request, before Next sees it. The requests of the gate to the
 * listener for its lookups are left out: that is another HTTP server of this process, which no
 * client of the app reaches.
 */
export function onAppRequest(run: (started: AppRequest) => void): void {
  subscribe("http.server.request.start", (message) => {
    const started = message as AppRequest;
    if (!(started.server instanceof LookupServer)) run(started);
  });
}
