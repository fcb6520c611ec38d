/** Resolves after that many milliseconds. */
export type Wait = (ms: number) => Promise<void>;

const LATE = Symbol("late");

/**
 * One run of `work` a key, however many ask while it is under way. An asker who has waited `patience`
 * milliseconds in vain runs it alone: some edge hosts never wake one request with the I/O of another.
 */
export function createSingleFlight<T>(wait: Wait, patience: number) {
  const flights = new Map<string, Promise<T>>();

  return async (key: string, work: () => Promise<T>): Promise<T> => {
    const underWay = flights.get(key);
    if (underWay) {
      const answer = await Promise.race([underWay, wait(patience).then(() => LATE)]);
      return answer === LATE ? work() : (answer as T);
    }
    const flight = work().finally(() => {
      if (flights.get(key) === flight) flights.delete(key);
    });
    flights.set(key, flight);
    return flight;
  };
}
