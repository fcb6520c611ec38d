import { expect, it } from "vitest";
import { findProblems, runSoak } from "../../scripts/bench/soak";

it("a minute of mixed traffic causes no unexpected response and no growing memory", async () => {
  const result = await runSoak(1);
  expect(findProblems(result)).toEqual([]);
  expect(Object.entries(result.counts).filter(([, count]) => count === 0)).toEqual([]);
}, 180_000);
