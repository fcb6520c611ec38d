import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Feed } from "./feed";
import { type Finish, LOOK_CAPACITY } from "./look";

/** Node has one of it in each process, however often hot reloading evaluates this module. */
const shared = globalThis as { __gateFinishes?: Feed<Finish> };

/**
 * How requests end, in development: the gate lets a request go before anybody knows, so the server that it runs in is watched
 * (Node's diagnostics channels), and `/__gate` puts the two together.
 */
export function watchFinishes(): Feed<Finish> {
  if (shared.__gateFinishes) return shared.__gateFinishes;
  const feed = new Feed<Finish>(LOOK_CAPACITY);
  shared.__gateFinishes = feed;
  const began = new WeakMap<IncomingMessage, number>();
  subscribe("http.server.request.start", (message) => {
    began.set((message as { request: IncomingMessage }).request, performance.now());
  });
  subscribe("http.server.response.finish", (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const start = began.get(request);
    const requestId = response.getHeader("x-request-id");
    if (start === undefined || typeof requestId !== "string") return;
    feed.add({ requestId, status: response.statusCode, took: performance.now() - start });
  });
  return feed;
}
