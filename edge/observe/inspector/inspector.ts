import { Feed, streamFeed } from "../../../lib/event-feed";
import { FEED_CAPACITY, type GateEvent, inspectorPaths } from "../../../lib/inspector";
import type { Gate } from "../../gate";
import { buildNoncePolicy } from "../../pages/content-security-policy";
import { pass } from "../../respond";
import type { Observer } from "../observer";
import { createEventRecorder } from "./record-events";

export interface InspectorOptions {
  /** Milliseconds with fractions, counted from any point in time. */
  readonly clock: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly randomId: () => string;
}

export interface Inspector {
  readonly observer: Observer;
  /** Returns the gate with the inspector's page and streams in front of it. */
  serve(gate: Gate): Gate;
}

/** Requests of Next itself in development: hot reloading and the error overlay. */
const REQUESTS_OF_NEXT = /^\/(_next|__nextjs)/;

/**
 * Shows the gate's decisions live at `/dev/gate`, in development. The events are in the isolate's
 * memory, so the gate itself serves their stream; the page is one of `app/`.
 */
export function createInspector({ clock, now, randomId }: InspectorOptions): Inspector {
  const feed = new Feed<GateEvent>(FEED_CAPACITY);
  const onEvent = (event: GateEvent) => {
    if (!REQUESTS_OF_NEXT.test(event.path)) feed.add(event);
  };

  return {
    observer: createEventRecorder({ clock, now, onEvent }),

    serve: (gate) => (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === inspectorPaths.events) return streamFeed(feed, request.signal);
      // The page and its second stream are the app's. They need no session.
      if (pathname !== inspectorPaths.page && pathname !== inspectorPaths.timings) return gate(request);
      const policy = buildNoncePolicy({ appOrigin: "", development: true, randomId });
      return pass({ raw: request, requestId: randomId() }, [], policy);
    },
  };
}
