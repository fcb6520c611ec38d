import { FEED_CAPACITY, type GateEvent, type ResponseTiming } from "../../lib/inspector";

/** The state of the page: the latest decisions, newest first, and how the requests ended. */
export interface Seen {
  readonly shown: readonly GateEvent[];
  /** Decisions that arrived while the page was paused. */
  readonly waiting: readonly GateEvent[];
  readonly finishes: ReadonlyMap<string, ResponseTiming>;
  readonly isPaused: boolean;
}

export type Happening =
  | { readonly type: "sighting"; readonly sighting: GateEvent }
  | { readonly type: "finish"; readonly finish: ResponseTiming }
  | { readonly type: "pause" | "clear" };

export const NOTHING_SEEN: Seen = { shown: [], waiting: [], finishes: new Map(), isPaused: false };

export function see(seen: Seen, happening: Happening): Seen {
  switch (happening.type) {
    case "sighting":
      return add(seen, happening.sighting);
    case "finish": {
      const finishes = new Map(seen.finishes).set(happening.finish.requestId, happening.finish);
      const [oldest] = finishes.keys();
      if (finishes.size > 2 * FEED_CAPACITY && oldest) finishes.delete(oldest);
      return { ...seen, finishes };
    }
    case "pause":
      return seen.isPaused
        ? { ...seen, isPaused: false, shown: newest([...seen.waiting, ...seen.shown]), waiting: [] }
        : { ...seen, isPaused: true };
    case "clear":
      return { ...seen, shown: [], waiting: [] };
    default:
      happening satisfies never;
      return seen;
  }
}

function add(seen: Seen, sighting: GateEvent): Seen {
  const { shown, waiting, isPaused } = seen;
  // When the stream reconnects, the server sends again every decision that it has kept.
  const isKnown = [...shown, ...waiting].some(({ requestId }) => requestId === sighting.requestId);
  if (isKnown) return seen;
  return isPaused
    ? { ...seen, waiting: newest([sighting, ...waiting]) }
    : { ...seen, shown: newest([sighting, ...shown]) };
}

function newest(sightings: readonly GateEvent[]): readonly GateEvent[] {
  return sightings.slice(0, FEED_CAPACITY);
}

export interface Filter {
  readonly text: string;
  readonly outcome: string;
  readonly kind: string;
}

export const NO_FILTER: Filter = { text: "", outcome: "", kind: "" };

/** True if the request passes both selects, and its text contains every word of the filter. */
export function matches(sighting: GateEvent, finish: ResponseTiming | undefined, filter: Filter): boolean {
  if (filter.outcome && sighting.outcome !== filter.outcome) return false;
  if (filter.kind && sighting.kind !== filter.kind) return false;
  const { method, path, kind, session, outcome, code, reason, requestId } = sighting;
  const status = finish?.status ?? sighting.status;
  const text = [method, path, kind, session, outcome, code, status, reason, requestId]
    .join(" ")
    .toLowerCase();
  return filter.text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
