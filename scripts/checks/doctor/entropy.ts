/**
 * A secret with fewer bits was probably not generated at random. 16 random bytes in hex, the
 * shortest common form, have about 110.
 */
export const WEAK_BELOW_BITS = 96;

/**
 * A rough upper bound of a secret's entropy, in bits: the entropy per character, times the number
 * of characters that do not just continue a repetition or a run such as 0123 or abcd. The result
 * for a phrase of words is too high.
 */
export function estimateBits(secret: string): number {
  const codes = Array.from(secret, (character) => character.codePointAt(0) as number);
  const seen = new Set<string>();
  let fresh = 0;
  codes.forEach((code, index) => {
    const group = codes.slice(Math.max(0, index - 2), index + 1);
    const [a = 0, b = 0] = group;
    const isRun = group.length === 3 && code - b === b - a && Math.abs(code - b) <= 1;
    const isRepeated = group.length === 3 && seen.has(group.join());
    seen.add(group.join());
    if (!isRun && !isRepeated) fresh += 1;
  });
  return Math.round(fresh * bitsPerCharacter(codes));
}

/** The Shannon entropy of the secret's own characters. */
function bitsPerCharacter(codes: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / codes.length) * Math.log2(count / codes.length);
  return bits;
}
