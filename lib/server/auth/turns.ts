/** Runs `work` when it is its turn, or gives undefined at once where too many wait already. */
export type TakeTurn = <T>(work: () => Promise<T>) => Promise<T> | undefined;

/**
 * Lets at most `atOnce` pieces of work run at the same time, in the order in which they came. At most
 * `maxWaiting` others wait.
 */
export function createTurns(atOnce: number, maxWaiting: number): TakeTurn {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function run<T>(turn: Promise<void> | undefined, work: () => Promise<T>): Promise<T> {
    await turn;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // The next one takes this one's place, so the number of those that run stays the same.
      if (next) next();
      else running--;
    }
  }

  return (work) => {
    if (running < atOnce) {
      running++;
      return run(undefined, work);
    }
    if (waiting.length >= maxWaiting) return undefined;
    return run(new Promise((resolve) => void waiting.push(resolve)), work);
  };
}
