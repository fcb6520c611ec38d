import "server-only";

/** Runs `work` as soon as a place is free. Returns undefined at once if the queue is full. */
export type RunQueued = <T>(work: () => Promise<T>) => Promise<T> | undefined;

/**
 * Creates a queue that runs at most `concurrency` pieces of work at the same time, in the order in
 * which they arrived. At most `maxWaiting` others wait.
 */
export function createWorkQueue({
  concurrency,
  maxWaiting,
}: {
  concurrency: number;
  maxWaiting: number;
}): RunQueued {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function run<T>(start: Promise<void> | undefined, work: () => Promise<T>): Promise<T> {
    await start;
    try {
      return await work();
    } finally {
      const startNext = waiting.shift();
      // The next piece of work takes the free place, so `running` stays the same.
      if (startNext) startNext();
      else running--;
    }
  }

  return (work) => {
    if (running < concurrency) {
      running++;
      return run(undefined, work);
    }
    if (waiting.length >= maxWaiting) return undefined;
    return run(new Promise((resolve) => void waiting.push(resolve)), work);
  };
}
