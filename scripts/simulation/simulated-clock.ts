import { setImmediate } from "node:timers/promises";
import type { StartTimer } from "../../edge/util/single-flight";

interface Event {
  readonly at: number;
  /** Events of the same time run in the order in which they were added. */
  readonly order: number;
  /** Undefined: the event was cancelled. */
  run: (() => void) | undefined;
}

export interface SimulatedClock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Calls a function in simulated time. It never runs at once, even after 0 milliseconds. */
  readonly startTimer: StartTimer;
  /** Runs all events before `time`, in order. */
  runUntil(time: number): Promise<void>;
}

/**
 * Creates a clock that jumps from one event to the next one.
 *
 * The simulated code uses promises and WebCrypto, which take real time. So that they take no
 * simulated time, the clock stands still until `isSettled` returns true: all that can run has run,
 * and the rest waits for an event.
 *
 * @param start milliseconds since the epoch
 */
export function createSimulatedClock(start: number, isSettled: () => boolean): SimulatedClock {
  const events = new EventQueue();
  let now = start;
  let added = 0;

  return {
    now: () => now,
    startTimer(ms, run) {
      const event: Event = { at: now + ms, order: added++, run };
      events.add(event);
      return () => {
        event.run = undefined;
      };
    },
    async runUntil(time) {
      for (let event = events.takeBefore(time); event; event = events.takeBefore(time)) {
        if (!event.run) continue;
        now = event.at;
        event.run();
        // At least once: the event may have resolved a promise.
        do await setImmediate();
        while (!isSettled());
      }
      now = time;
    },
  };
}

/** A binary heap: the first event is at index 0, and no event is before the one at `(index - 1) / 2`. */
class EventQueue {
  readonly #heap: Event[] = [];

  add(event: Event): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as Event;
      if (isBefore(parent, event)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = event;
  }

  /** Removes and returns the first event, if it is before `time`. */
  takeBefore(time: number): Event | undefined {
    const [first] = this.#heap;
    if (!first || first.at >= time) return undefined;
    const last = this.#heap.pop() as Event;
    if (this.#heap.length > 0) this.#replaceFirst(last);
    return first;
  }

  #replaceFirst(event: Event): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      const right = heap[below + 1];
      if (right && isBefore(right, heap[below] as Event)) below++;
      const child = heap[below];
      if (!child || isBefore(event, child)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = event;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
