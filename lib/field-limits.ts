/** How long what a user stores may be, in UTF-16 code units, as `maxlength` counts them. */
export const fieldLimits = {
  name: 100,
  /** RFC 5321 §4.5.3.1.3: 256 octets with the angle brackets. */
  email: 254,
  /** An https address. */
  image: 2_048,
  /** A field of your own that has no `validator` (lib/claims.ts). */
  field: 255,
  /** A field of your own that has one, whatever that allows. */
  validatedField: 2_048,
  /** Longer values of these two are cut. */
  userAgent: 512,
  ipAddress: 45,
  password: 128,
} as const;

/** At most `max` code units, the last an ellipsis where something was cut off. It leaves no half of a surrogate pair. */
export function cutText(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
