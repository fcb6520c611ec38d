import { expect, it } from "vitest";
import { medianOf } from "../../../scripts/lib/audit-page";

const run = (performance: number) => ({ scores: { performance }, findings: [`of ${performance}`] });

it.each([
  [[60, 99, 97], 97],
  [[99, 97, 98], 98],
  [[100, 9, 10], 10],
])("medianOf picks from runs with %j the one with %i, with its findings", (performances, middle) => {
  expect(medianOf(performances.map(run))).toEqual(run(middle));
});
