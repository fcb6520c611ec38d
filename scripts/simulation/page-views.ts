import { exponential, type Random } from "./random";

/** How one user uses the app. Times are in seconds, and those that are not constant are means. */
export interface Traffic {
  /** From the end of a visit to the next one. Exponential. */
  readonly idleSeconds: number;
  /** Pages of a visit. Geometric. */
  readonly pagesPerVisit: number;
  /** How long a page is open until the next one is requested, or the visit ends. Exponential. */
  readonly viewSeconds: number;
  /** The time from the gate's result to the response of a page. Always the same. */
  readonly pageSeconds: number;
  /** Backend calls that a page sends at the same time, when it has loaded. */
  readonly callsAtOnce: number;
  /** Further backend calls, each at a random time while the page is open. */
  readonly callsLater: number;
}

/** A request to the gate. */
export interface Step {
  /** Seconds since the beginning of the traffic. */
  readonly at: number;
  /** Which isolate of the region receives the request: at least 0 and below 1. */
  readonly route: number;
}

/** A page and the calls that it sends. */
export interface PageView extends Step {
  /** They are sent when the page's response has arrived. */
  readonly callsAtOnce: readonly Step[];
  /** In order. They are sent at their time, but not before the page's response has arrived. */
  readonly callsLater: readonly Step[];
}

/**
 * Creates the page views of one user, in order. They begin as if the traffic had always been
 * running: the user may be in the middle of a visit.
 */
export function* createPageViews(random: Random, traffic: Traffic): Generator<PageView, never> {
  const { idleSeconds, pagesPerVisit, viewSeconds } = traffic;
  // Exponential and geometric values have no memory: what is left of them is distributed as the
  // whole.
  const untilPage = () => exponential(random, viewSeconds);
  const isInVisit = random() * (idleSeconds + pagesPerVisit * viewSeconds) < pagesPerVisit * viewSeconds;
  const hasNextPage = () => random() < 1 - 1 / pagesPerVisit;
  let at = exponential(random, isInVisit ? viewSeconds : idleSeconds);
  if (isInVisit && !hasNextPage()) at += exponential(random, idleSeconds);
  for (;;) {
    const seconds = untilPage();
    yield createPageView(random, traffic, at, seconds);
    at += seconds;
    if (!hasNextPage()) at += exponential(random, idleSeconds);
  }
}

function createPageView(random: Random, traffic: Traffic, at: number, seconds: number): PageView {
  const stepsAt = (times: readonly number[]) => times.map((time) => ({ at: time, route: random() }));
  const later = Array.from({ length: traffic.callsLater }, () => at + random() * seconds);
  return {
    at,
    route: random(),
    callsAtOnce: stepsAt(Array.from({ length: traffic.callsAtOnce }, () => at)),
    callsLater: stepsAt(later.sort((one, other) => one - other)),
  };
}

/** The mean number of requests that one user sends in a second. */
export function requestsPerSecond(traffic: Traffic): number {
  const { idleSeconds, pagesPerVisit, viewSeconds, callsAtOnce, callsLater } = traffic;
  return (pagesPerVisit * (1 + callsAtOnce + callsLater)) / (idleSeconds + pagesPerVisit * viewSeconds);
}
