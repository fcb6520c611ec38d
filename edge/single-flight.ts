/** Has something done after that many milliseconds, and gives what calls it off. */
export type StartTimer = (ms: number, run: () => void) => () => void;

/**
 * One run of `work` a key, however many ask while it is under way. An asker who has waited `patience`
 * milliseconds in vain runs it alone: some edge hosts never wake one request with the I/O of another.
 */
export function createSingleFlight<T>(startTimer: StartTimer, patience: number) {
  const flights = new Map<string, Promise<T>>();

  return async (key: string, work: () => Promise<T>): Promise<T> => {
    const underWay = flights.get(key);
    if (underWay) {
      return new Promise((resolve, reject) => {
        const stopTimer = startTimer(patience, () => resolve(work()));
        underWay.then(resolve, reject).finally(stopTimer);
      });
    }
    const flight = work().finally(() => {
      if (flights.get(key) === flight) flights.delete(key);
    });
    flights.set(key, flight);
    return flight;
  };
}
