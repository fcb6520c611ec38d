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
 * The value that this share of all values does not exceed (nearest rank).
 * @throws when there are no values
 */
export function computePercentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error("There are no measurements");
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] as number;
}

/**
 * Each measurement relative to that of a reference in the same round. Whatever slows the machine
 * down in a round affects both.
 */
export function computeRatios(values: readonly number[], reference: readonly number[]): Spread {
  return computeSpread(values.map((value, round) => value / (reference[round] as number)));
}

/**
 * A different order for each round. In twice as many rounds as there are items, each item has each
 * place twice, and follows each other item equally often: what one leaves behind in the caches and
 * the heap affects every other one equally.
 * Source: E. J. Williams, "Experimental designs balanced for the estimation of residual effects of
 * treatments", 1949.
 */
export function balanceOrder<T>(items: readonly T[], round: number): T[] {
  const count = items.length;
  // 0, 1, -1, 2, -2, …: each distance between neighbours occurs once.
  const order = items.map((_, i) => {
    const offset = i % 2 === 1 ? (i + 1) / 2 : -i / 2;
    return items[(((offset + round) % count) + count) % count] as T;
  });
  return Math.floor(round / count) % 2 === 0 ? order : order.reverse();
}
