/** Returns the next number of a sequence, at least 0 and below 1. */
export type Random = () => number;

/**
 * Creates a sequence of random numbers that depends on `seeds` alone, so that a simulation can be
 * repeated.
 * Source: mulberry32 by Tommy Ettinger, in the public domain.
 */
export function createRandom(...seeds: readonly number[]): Random {
  let state = seeds.reduce((hash, seed) => mix(hash ^ seed), 0x9e3779b9);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    return (mix(state) >>> 0) / 2 ** 32;
  };
}

/** Each bit of the result depends on all bits of the number. */
function mix(number: number): number {
  let hash = Math.imul(number ^ (number >>> 15), number | 1);
  hash ^= hash + Math.imul(hash ^ (hash >>> 7), hash | 61);
  return hash ^ (hash >>> 14);
}

/** A time until an event that is equally likely at each moment. */
export function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random());
}
