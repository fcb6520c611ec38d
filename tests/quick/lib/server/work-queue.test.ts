import { describe, expect, it } from "vitest";
import { createWorkQueue } from "../../../../lib/server/auth/work-queue";

/** Work that runs until the test ends it. */
function createWork() {
  const started: string[] = [];
  const ends = new Map<string, { resolve: (value: string) => void; reject: (error: Error) => void }>();
  return {
    started,
    named: (name: string) => () => {
      started.push(name);
      return new Promise<string>((resolve, reject) => ends.set(name, { resolve, reject }));
    },
    end: (name: string) => ends.get(name)?.resolve(name),
    fail: (name: string) => ends.get(name)?.reject(new Error(name)),
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("createWorkQueue", () => {
  it("runs no more work at the same time than allowed, and the rest in order", async () => {
    const work = createWork();
    const runQueued = createWorkQueue({ concurrency: 2, maxWaiting: 10 });
    const results = ["a", "b", "c", "d"].map((name) => runQueued(work.named(name)));
    await settled();
    expect(work.started).toEqual(["a", "b"]);
    work.end("b");
    await settled();
    expect(work.started).toEqual(["a", "b", "c"]);
    for (const name of ["a", "c"]) work.end(name);
    await settled();
    work.end("d");
    expect(await Promise.all(results)).toEqual(["a", "b", "c", "d"]);
  });

  it("refuses work at once if too much is waiting", async () => {
    const work = createWork();
    const runQueued = createWorkQueue({ concurrency: 1, maxWaiting: 1 });
    const [first, second] = [runQueued(work.named("a")), runQueued(work.named("b"))];
    expect(runQueued(work.named("c"))).toBeUndefined();
    await settled();
    work.end("a");
    await first;
    await settled();
    expect(work.started).toEqual(["a", "b"]);
    work.end("b");
    expect(await second).toBe("b");
  });

  it("continues after work that has failed", async () => {
    const work = createWork();
    const runQueued = createWorkQueue({ concurrency: 1, maxWaiting: 1 });
    const [first, second] = [runQueued(work.named("a")), runQueued(work.named("b"))];
    await settled();
    work.fail("a");
    await expect(first).rejects.toThrow("a");
    await settled();
    work.end("b");
    expect(await second).toBe("b");
    const third = runQueued(work.named("c"));
    await settled();
    work.end("c");
    expect(await third).toBe("c");
  });
});
