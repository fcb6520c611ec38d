import { FEED_CAPACITY, type GateEvent, type ResponseTiming } from "@/lib/inspector";

/** The state of the page: the latest events, newest first, and the timings of their responses. */
export interface EventLog {
  readonly shown: readonly GateEvent[];
  /** Events that arrived while the page was paused. */
  readonly waiting: readonly GateEvent[];
  /** By request id. */
  readonly timings: ReadonlyMap<string, ResponseTiming>;
  readonly isPaused: boolean;
}

export type LogAction =
  | { readonly type: "event"; readonly event: GateEvent }
  | { readonly type: "timing"; readonly timing: ResponseTiming }
  | { readonly type: "pause" | "clear" };

export const EMPTY_LOG: EventLog = { shown: [], waiting: [], timings: new Map(), isPaused: false };

export function updateLog(log: EventLog, action: LogAction): EventLog {
  switch (action.type) {
    case "event":
      return addEvent(log, action.event);
    case "timing": {
      const timings = new Map(log.timings).set(action.timing.requestId, action.timing);
      const [oldest] = timings.keys();
      if (timings.size > 2 * FEED_CAPACITY && oldest) timings.delete(oldest);
      return { ...log, timings };
    }
    case "pause":
      return log.isPaused
        ? { ...log, isPaused: false, shown: newest([...log.waiting, ...log.shown]), waiting: [] }
        : { ...log, isPaused: true };
    case "clear":
      return { ...log, shown: [], waiting: [] };
    default:
      action satisfies never;
      return log;
  }
}

function addEvent(log: EventLog, event: GateEvent): EventLog {
  const { shown, waiting, isPaused } = log;
  // When the stream reconnects, the server sends every event again that it has kept.
  const isKnown = [...shown, ...waiting].some(({ requestId }) => requestId === event.requestId);
  if (isKnown) return log;
  return isPaused
    ? { ...log, waiting: newest([event, ...waiting]) }
    : { ...log, shown: newest([event, ...shown]) };
}

function newest(events: readonly GateEvent[]): readonly GateEvent[] {
  return events.slice(0, FEED_CAPACITY);
}

export interface Filter {
  readonly text: string;
  readonly outcome: string;
  readonly kind: string;
}

export const NO_FILTER: Filter = { text: "", outcome: "", kind: "" };

/** True if the event passes both selects, and its text contains every word of the filter. */
export function matches(event: GateEvent, timing: ResponseTiming | undefined, filter: Filter): boolean {
  if (filter.outcome && event.outcome !== filter.outcome) return false;
  if (filter.kind && event.kind !== filter.kind) return false;
  const { method, path, kind, session, outcome, code, reason, requestId } = event;
  const status = timing?.status ?? event.status;
  const text = [method, path, kind, session, outcome, code, status, reason, requestId]
    .join(" ")
    .toLowerCase();
  return filter.text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
