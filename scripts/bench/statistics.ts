/** The median of some measurements, with the minimum and the maximum. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws when there are no values */
export function computeSpread(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error("There are no measurements");
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] as number;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}

/**
 * Each measurement relative to the bare rewrite in the same round. A disturbance of the round
 * affects both.
 */
export function computeRatios(values: readonly number[], floor: readonly number[]): Spread {
  return computeSpread(values.map((value, round) => value / (floor[round] as number)));
}

/**
 * A different order for each round, so that no item always follows the same one or always comes
 * first.
 */
export function rotate<T>(items: readonly T[], round: number): T[] {
  const start = round % items.length;
  const turned = [...items.slice(start), ...items.slice(0, start)];
  return Math.floor(round / items.length) % 2 === 0 ? turned : turned.reverse();
}
