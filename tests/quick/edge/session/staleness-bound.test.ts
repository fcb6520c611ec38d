import { expect, test } from "vitest";
import { createStalenessBound } from "../../../../edge/session/staleness-bound";

const bounds = [
  ["/backend/api/account/*", 0],
  ["/backend/api/*", 30],
  ["/backend/slow", 600],
  ["/invoices", 5],
] as const;
const maxStaleAt = createStalenessBound(60, bounds);

test.each([
  ["/backend/x", 60_000],
  ["/dashboard", 60_000],
  ["/backend/api/tasks", 30_000],
  ["/backend/api/account", 0],
  ["/backend/api/account/", 0],
  ["/backend/api/account/export", 0],
  ["/backend/api/accounts", 30_000],
  // A path cannot have a longer bound than the deployment.
  ["/backend/slow", 60_000],
  ["/invoices", 5_000],
  ["/invoices/", 5_000],
  ["/invoices/7", 60_000],
  ["/invoicesx", 60_000],
  // The path that the backend decodes is the one that counts.
  ["/backend/api/%61ccount", 0],
  ["/backend/%61pi/accoun%74", 0],
  // The backend may be able to decode a path that the gate cannot decode.
  ["/backend/api/%61ccount/%E0%A4%A", 0],
  // Vercel can read it as the path without this ending.
  ["/invoices.rsc", 5_000],
  ["/invoices.segments/_tree.segment.rsc", 5_000],
  ["/invoices.segments/_tree.segment%2Ersc/", 5_000],
  // Other servers decode twice, merge slashes, cut at a semicolon, and resolve dot segments.
  ["/backend//api/account", 0],
  ["/backend/%2561pi/account", 0],
  ["/backend/api/account;x", 0],
  ["/backend/x/..;/api/account", 0],
  ["/backend\\api\\account", 0],
])("%s is trusted for %d ms", (path, expected) => {
  expect(maxStaleAt(path)).toBe(expected);
});
