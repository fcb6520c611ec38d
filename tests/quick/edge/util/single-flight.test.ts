import { describe, expect, it } from "vitest";
import { createSingleFlight, type StartTimer } from "../../../../edge/util/single-flight";

/** Timers that never fire, and how many of them are started and not cancelled. */
let running = 0;
const never: StartTimer = () => {
  running += 1;
  return () => {
    running -= 1;
  };
};
const atOnce: StartTimer = (_ms, run) => {
  run();
  return () => {};
};

/** A promise that the test settles. */
function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

describe("a single flight", () => {
  it("runs once for all callers that arrive while it runs", async () => {
    const once = createSingleFlight<number>(never, 1);
    const work = deferred<number>();
    let runs = 0;
    const calls = Array.from({ length: 1000 }, () =>
      once("key", () => {
        runs++;
        return work.promise;
      }),
    );
    work.resolve(7);
    expect(await Promise.all(calls)).toEqual(Array(1000).fill(7));
    expect(runs).toBe(1);
    // A caller that has the result leaves no timer behind.
    expect(running).toBe(0);
  });

  it("runs again for a caller that arrives after its end", async () => {
    const once = createSingleFlight<number>(never, 1);
    expect(await once("key", async () => 1)).toBe(1);
    expect(await once("key", async () => 2)).toBe(2);
  });

  it("runs separately for each key", async () => {
    const once = createSingleFlight<number>(never, 1);
    expect(await Promise.all([once("a", async () => 1), once("b", async () => 2)])).toEqual([1, 2]);
  });

  it("shares an error, and runs again after it", async () => {
    const once = createSingleFlight<number>(never, 1);
    const work = deferred<number>();
    const calls = [once("key", () => work.promise), once("key", () => work.promise)];
    work.reject(new Error("no"));
    expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await once("key", async () => 3)).toBe(3);
  });

  it("that takes too long is repeated by one waiting caller, and the others wait for that run", async () => {
    const timers: (() => void)[] = [];
    const once = createSingleFlight<string>((_ms, run) => {
      timers.push(run);
      return () => {};
    }, 1);
    void once("key", () => new Promise(() => {}));
    let runs = 0;
    const work = deferred<string>();
    const calls = Array.from({ length: 1000 }, () =>
      once("key", () => {
        runs++;
        return work.promise;
      }),
    );
    while (runs === 0) for (const run of timers.splice(0)) run();
    work.resolve("again");
    expect(await Promise.all(calls)).toEqual(Array(1000).fill("again"));
    expect(runs).toBe(1);
  });

  it("that takes too long is repeated by a single waiting caller", async () => {
    const once = createSingleFlight<string>(atOnce, 1);
    void once("key", () => new Promise(() => {}));
    expect(await once("key", async () => "again")).toBe("again");
  });
});
