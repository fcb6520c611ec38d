/** The middle of some measurements, and how far they reached. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws where there is nothing to summarise */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error("There are no measurements");
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] as number;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}

/** Each measurement against the floor's of the same round, so that what disturbed a round is in both. */
export function ratios(values: readonly number[], floor: readonly number[]): Spread {
  return spread(values.map((value, round) => value / (floor[round] as number)));
}

/** Another order for each round: nobody always comes after the same one, or first. */
export function rotated<T>(items: readonly T[], round: number): T[] {
  const start = round % items.length;
  const turned = [...items.slice(start), ...items.slice(0, start)];
  return Math.floor(round / items.length) % 2 === 0 ? turned : turned.reverse();
}
