import { Feed, streamFeed } from "../../../lib/event-feed";
import { LOOK_CAPACITY, lookPaths, type Sighting } from "../../../lib/inspector";
import type { Gate, Watch } from "../../gate";
import { pagePolicy } from "../../pages/content-security-policy";
import { read } from "../../request";
import { pass } from "../../respond";
import { watchWith } from "./watch";

export interface LookOptions {
  readonly clock: () => number;
  readonly now: () => number;
  readonly randomId: () => string;
}

/** Requests of Next itself in development: hot reloading and the error overlay. */
const NOISE = /^\/(_next|__nextjs)/;

/**
 * Shows the gate's decisions live at `/__gate`, in development. They are in the isolate's memory,
 * so the gate itself serves their stream; the page is one of `app/`.
 */
export function createLook({ clock, now, randomId }: LookOptions) {
  const feed = new Feed<Sighting>(LOOK_CAPACITY);
  const keep = (sighting: Sighting) => {
    if (!NOISE.test(sighting.path)) feed.add(sighting);
  };
  const watch: Watch = watchWith({ clock, now, keep });

  /**
   * Serves the stream, and lets the page and its second stream (`finishes`) through without a
   * session. All other requests go to the gate.
   */
  const around =
    (gate: Gate): Gate =>
    (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === lookPaths.sightings) return streamFeed(feed, request.signal);
      if (pathname !== lookPaths.page && pathname !== lookPaths.finishes) return gate(request);
      const policy = pagePolicy(btoa(randomId()), { secure: false, development: true });
      return pass(read(request, randomId()), [], policy);
    };

  return { watch, around };
}
