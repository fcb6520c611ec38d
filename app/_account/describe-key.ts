/** The times of a key, and what it is called. */
interface Key {
  readonly id: string;
  readonly name: string;
  readonly start: string;
  readonly scope: string;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
}

/** The texts that describe one key. */
export interface KeyLine {
  readonly id: string;
  readonly name: string;
  readonly start: string;
  readonly scope: string;
  readonly times: string;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function describeKey({ expiresAt, lastUsedAt, ...key }: Key, now: Date): KeyLine {
  const left = expiresAt.getTime() - now.getTime();
  const expiry = left <= 0 ? "Expired" : `Expires in ${describeSpan(left)}`;
  const use = lastUsedAt ? `last used ${describePast(now.getTime() - lastUsedAt.getTime())}` : "not used yet";
  const { id, name, start, scope } = key;
  return { id, name, start, scope, times: `${expiry}, ${use}` };
}

/** Uses are stored once a minute, and another server's clock may be a little ahead. */
function describePast(span: number): string {
  return span < 2 * MINUTE ? "just now" : `${describeSpan(span)} ago`;
}

function describeSpan(span: number): string {
  if (span < HOUR) return count(Math.ceil(span / MINUTE), "minute");
  if (span < 2 * DAY) return count(Math.round(span / HOUR), "hour");
  return count(Math.round(span / DAY), "day");
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}
