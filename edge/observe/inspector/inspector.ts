import { Feed, streamFeed } from "../../../lib/event-feed";
import { FEED_CAPACITY, type GateEvent, inspectorPaths } from "../../../lib/inspector";
import type { Gate, Watch } from "../../gate";
import { pagePolicy } from "../../pages/content-security-policy";
import { read } from "../../request";
import { pass } from "../../respond";
import { watchWith } from "./record-events";

export interface InspectorOptions {
  readonly clock: () => number;
  readonly now: () => number;
  readonly randomId: () => string;
}

/** Requests of Next itself in development: hot reloading and the error overlay. */
const NOISE = /^\/(_next|__nextjs)/;

/**
 * Shows the gate's decisions live at `/dev/gate`, in development. They are in the isolate's memory,
 * so the gate itself serves their stream; the page is one of `app/`.
 */
export function createInspector({ clock, now, randomId }: InspectorOptions) {
  const feed = new Feed<GateEvent>(FEED_CAPACITY);
  const keep = (event: GateEvent) => {
    if (!NOISE.test(event.path)) feed.add(event);
  };
  const watch: Watch = watchWith({ clock, now, keep });

  /**
   * Serves the stream, and lets the page and its second stream (`timings`) through without a
   * session. All other requests go to the gate.
   */
  const around =
    (gate: Gate): Gate =>
    (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === inspectorPaths.events) return streamFeed(feed, request.signal);
      if (pathname !== inspectorPaths.page && pathname !== inspectorPaths.timings) return gate(request);
      const policy = pagePolicy(btoa(randomId()), { secure: false, development: true });
      return pass(read(request, randomId()), [], policy);
    };

  return { watch, around };
}
