import { Feed, streamFeed } from "../../lib/feed";
import { LOOK_CAPACITY, lookPaths, type Sighting } from "../../lib/look";
import { read } from "../asked";
import type { Gate, Watch } from "../gate";
import { pagePolicy } from "../page-policy";
import { pass } from "../respond";
import { watchWith } from "./watch";

export interface LookOptions {
  readonly clock: () => number;
  readonly now: () => number;
  readonly randomId: () => string;
}

/** Next's own, in development: hot reloading and the error overlay. */
const NOISE = /^\/(_next|__nextjs)/;

/**
 * A look inside, in development: what the gate has decided, live at `/__gate`. The isolate has the memory, so it answers for the
 * stream by itself; the page is one of `app/`.
 */
export function createLook({ clock, now, randomId }: LookOptions) {
  const feed = new Feed<Sighting>(LOOK_CAPACITY);
  const keep = (sighting: Sighting) => {
    if (!NOISE.test(sighting.path)) feed.add(sighting);
  };
  const watch: Watch = watchWith({ clock, now, keep });

  /** Lets the page through to whoever develops, signed in or not. */
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
