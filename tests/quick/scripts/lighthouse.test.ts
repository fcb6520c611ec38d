import { expect, it } from "vitest";
import { medianOf } from "../../../scripts/lib/audit-page";

const run = (performance: number) => ({ scores: { performance }, findings: [`of ${performance}`] });

it.each([
  [[60, 99, 97], 97],
  [[99, 97, 98], 98],
  [[100, 9, 10], 10],
])("of runs with %j it is the one with %i that counts, with its findings", (performances, middle) => {
  expect(medianOf(performances.map(run))).toEqual(run(middle));
});
