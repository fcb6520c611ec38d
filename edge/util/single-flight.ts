/** Calls `run` after `ms` milliseconds. The returned function cancels the timer. */
export type StartTimer = (ms: number, run: () => void) => () => void;

/** How many times within `patience` a waiting caller checks whether the result is available. */
const GLANCES = 8;

interface Flight<T> {
  readonly answer: Promise<T>;
  /** The result once it is available, for callers that the host does not wake up. */
  landed?: { readonly value: T };
}

/**
 * Runs `work` once per key for all callers that arrive while it runs. They share its result, or its
 * error.
 *
 * Some edge hosts never wake one request when the I/O of another request completes. A waiting
 * caller therefore also checks with a timer whether the result is available. If there is none after
 * `patience` milliseconds, one of the waiting callers runs the work again and the others wait for
 * that run. So a slow store does not get a lookup from each of them at once.
 */
export function createSingleFlight<T>(startTimer: StartTimer, patience: number) {
  const flights = new Map<string, Flight<T>>();

  function start(key: string, work: () => Promise<T>): Flight<T> {
    const flight: Flight<T> = {
      answer: work()
        .then((value) => {
          flight.landed = { value };
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
      const watch = (flight: Flight<T>, glances: number) => {
        stopTimer = startTimer(patience / GLANCES, () => {
          if (flight.landed) return resolve(flight.landed.value);
          const newer = flights.get(key);
          if (newer && newer !== flight) return follow(newer);
          if (glances < GLANCES) return watch(flight, glances + 1);
          start(key, work).answer.then(resolve, reject);
        });
      };
      const follow = (flight: Flight<T>) => {
        flight.answer.then(resolve, reject).finally(() => stopTimer());
        watch(flight, 1);
      };
      follow(first);
    });
  }

  return (key: string, work: () => Promise<T>): Promise<T> => {
    const underWay = flights.get(key);
    return underWay ? waitFor(underWay, key, work) : start(key, work).answer;
  };
}
