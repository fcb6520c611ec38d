import { expect, test } from "vitest";
import { describeKey } from "../../../app/_account/describe-key";

const NOW = new Date("2026-06-01T12:00:00Z");
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const key = { id: "key-1", name: "CI", start: "gate_abcd", scope: "tasks:read" };

test.each<[expires: number, used: number | null, text: string]>([
  [90 * DAY, null, "Expires in 90 days, not used yet"],
  [DAY, 0, "Expires in 24 hours, last used just now"],
  [DAY, -5_000, "Expires in 24 hours, last used just now"],
  [1, 5 * MINUTE, "Expires in 1 minute, last used 5 minutes ago"],
  [0, 60 * MINUTE, "Expired, last used 1 hour ago"],
  [-DAY, 3 * DAY, "Expired, last used 3 days ago"],
])("a key that expires in %d ms and was used %s ms ago: %s", (expires, used, times) => {
  const expiresAt = new Date(NOW.getTime() + expires);
  const lastUsedAt = used === null ? null : new Date(NOW.getTime() - used);
  expect(describeKey({ ...key, expiresAt, lastUsedAt }, NOW)).toEqual({ ...key, times });
});
