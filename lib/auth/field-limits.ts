/**
 * Maximum length of the values that a user stores, in UTF-16 code units, as `maxlength` counts
 * them.
 */
export const fieldLimits = {
  name: 100,
  /** RFC 5321 §4.5.3.1.3: 256 octets with the angle brackets. */
  email: 254,
  /** An https address. */
  image: 2_048,
  /** The slug of an organisation. */
  slug: 100,
  /** A custom field without a `validator` (lib/token/claims.ts). */
  field: 255,
  /** A custom field with a `validator`, even if the validator allows more. */
  validatedField: 2_048,
  /** Longer values of `userAgent` and `ipAddress` are cut, not refused. */
  userAgent: 512,
  ipAddress: 45,
  password: 128,
} as const;

/**
 * Returns at most `max` code units. If the text is cut, the last one is an ellipsis. A surrogate
 * pair is never split.
 */
export function cutText(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
