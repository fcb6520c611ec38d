/** Has something done after that many milliseconds, and gives what calls it off. */
export type StartTimer = (ms: number, run: () => void) => () => void;

/** So often within its patience an asker looks whether the answer is there. */
const GLANCES = 8;

interface Flight<T> {
  readonly answer: Promise<T>;
  /** The answer once it is there: whom a host does not wake can still read it. */
  landed?: { readonly value: T };
}

/**
 * One run of `work` a key, however many ask while it is under way. Some edge hosts never wake one request with the I/O of
 * another, so an asker looks from time to time whether the answer is there. If it is not after `patience` milliseconds, one of
 * those who wait runs the work anew, and the others wait for that one: a slow store is not asked by all of them at once.
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

  /** Takes the first answer that comes, of this flight or of one that has been started in its place. */
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
