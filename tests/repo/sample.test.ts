import { expect, it } from "vitest";
import { isFull } from "../../scripts/lib/full-tests";
import { pairs } from "../fixtures/full";

const few = ["a", "b", "c"];
const many = ["1", "2", "3", "4", "5"];

it.each([
  [few, many],
  [many, few],
  [few, few],
])("the sample of pairs(%j, %j) has each value at least once", (ones, others) => {
  const sample = pairs(ones, others);
  expect(new Set(sample.map(([one]) => one))).toEqual(new Set(ones));
  expect(new Set(sample.map(([, other]) => other))).toEqual(new Set(others));
  expect(sample).toHaveLength(isFull ? ones.length * others.length : Math.max(ones.length, others.length));
});
