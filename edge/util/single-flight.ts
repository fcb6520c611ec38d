/** Calls `run` after `ms` milliseconds. The returned function cancels the timer. */
export type StartTimer = (ms: number, run: () => void) => () => void;

/** How many times within `maxWaitMs` a waiting caller checks whether the result is available. */
const CHECKS = 8;

interface Flight<T> {
  readonly result: Promise<T>;
  /** The value once it is available, for callers that the host does not wake up. */
  resolved?: { readonly value: T };
}

/**
 * Creates a function that runs `work` once per key for all callers that arrive while it runs. They
 * share its result, or its error.
 *
 * Some edge hosts never wake one request when the I/O of another request completes. A waiting
 * caller therefore also checks with a timer whether the result is available. If there is none after
 * `maxWaitMs` milliseconds, one of the waiting callers runs the work again and the others wait for
 * that run. So a slow store does not get a lookup from each of them at once.
 */
export function createSingleFlight<T>(startTimer: StartTimer, maxWaitMs: number) {
  const flights = new Map<string, Flight<T>>();

  function start(key: string, work: () => Promise<T>): Flight<T> {
    const flight: Flight<T> = {
      result: work()
        .then((value) => {
          flight.resolved = { value };
          return value;
        })
        .finally(() => {
          if (flights.get(key) === flight) flights.delete(key);
        }),
    };
    flights.set(key, flight);
    return flight;
  }

  /**
   * Settles with the first run that settles: this one, or one that has been started in its place.
   */
  function waitFor(first: Flight<T>, key: string, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let stopTimer = () => {};
      const check = (flight: Flight<T>, checks: number) => {
        stopTimer = startTimer(maxWaitMs / CHECKS, () => {
          if (flight.resolved) return resolve(flight.resolved.value);
          const newer = flights.get(key);
          if (newer && newer !== flight) return follow(newer);
          if (checks < CHECKS) return check(flight, checks + 1);
          start(key, work).result.then(resolve, reject);
        });
      };
      const follow = (flight: Flight<T>) => {
        flight.result.then(resolve, reject).finally(() => stopTimer());
        check(flight, 1);
      };
      follow(first);
    });
  }

  return (key: string, work: () => Promise<T>): Promise<T> => {
    const current = flights.get(key);
    return current ? waitFor(current, key, work) : start(key, work).result;
  };
}
