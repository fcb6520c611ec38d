import { requestsPerSecond, type Traffic } from "./page-views";

/**
 * The mean number of lookups that one user causes in a second, without a simulation.
 * docs/production-scale.md explains the formula and its symbols.
 */
export function expectedLookups(
  traffic: Traffic,
  { maxStaleSeconds, isolatesPerRegion }: { maxStaleSeconds: number; isolatesPerRegion: number },
): number {
  if (maxStaleSeconds === 0) return requestsPerSecond(traffic);
  const { idleSeconds: idle, pagesPerVisit, viewSeconds: view, callsLater } = traffic;
  // The age of a cookie cache counts from the whole second of its `iat`: on average half a second
  // more.
  const trusted = maxStaleSeconds - 0.5;
  const leaves = 1 / (pagesPerVisit * view);
  const returns = 1 / idle;
  const share = returns / (returns + leaves);
  const viewing = share + (1 - share) * Math.exp(-(returns + leaves) * trusted);
  const untilNextPage = viewing * (view + idle / pagesPerVisit) + (1 - viewing) * idle;
  const calls = viewing * expectedCallLookups(trusted / view, callsLater, isolatesPerRegion);
  return (1 + calls) / (trusted + untilNextPage);
}

/** Values of each of the two random variables of {@link expectedCallLookups}. */
const SAMPLES = 200;

/**
 * The mean number of lookups by the calls of a page that is open when the cookie cache expires. Of
 * its time, a share is after the expiry, and so is each call with this probability. Each isolate
 * looks the session up once. `trusted` is in units of the mean time that a page is open.
 */
function expectedCallLookups(trusted: number, calls: number, isolates: number): number {
  const values = Array.from({ length: SAMPLES }, (_, index) => -Math.log(1 - (index + 0.5) / SAMPLES));
  let sum = 0;
  for (const opened of values) {
    const before = Math.min(opened, trusted);
    for (const after of values) {
      const share = after / (before + after);
      sum += isolates * (1 - (1 - share / isolates) ** calls);
    }
  }
  return sum / SAMPLES ** 2;
}
