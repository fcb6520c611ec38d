import "server-only";
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Feed } from "../../event-feed";
import { FEED_CAPACITY, type ResponseTiming } from "../../inspector";
import { onAppRequest } from "./app-requests";

/** One feed for each Node process, even if hot reloading evaluates this module again. */
const shared = globalThis as { __responseTimings?: Feed<ResponseTiming> };

/**
 * Records how requests end, in development. The gate does not see the end of a request. Therefore
 * this observes the server that the gate runs in, through Node's diagnostics channels, and
 * `/dev/gate` combines both.
 */
export function recordResponseTimings(): Feed<ResponseTiming> {
  if (shared.__responseTimings) return shared.__responseTimings;
  const feed = new Feed<ResponseTiming>(FEED_CAPACITY);
  shared.__responseTimings = feed;
  const began = new WeakMap<IncomingMessage, number>();
  onAppRequest(({ request }) => began.set(request, performance.now()));
  subscribe("http.server.response.finish", (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const start = began.get(request);
    const requestId = response.getHeader("x-request-id");
    if (start === undefined || typeof requestId !== "string") return;
    feed.add({ requestId, status: response.statusCode, took: performance.now() - start });
  });
  return feed;
}
