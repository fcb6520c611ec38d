import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { loginPath, safeNextPath } from "../../../lib/redirect-target";
import { numRuns, timeout } from "../../fixtures/requests";
import { routes } from "../../fixtures/routes";

test.each([
  ["/join", undefined],
  ["/join/team?x=1", undefined],
  ["/joiner", "/joiner"],
])("with the guest pages /join/*, the next parameter %s leads to %s", (value, path) => {
  expect(safeNextPath(value, { guestPages: ["/join/*"] })).toBe(path);
});

describe("a next parameter that is no path on this origin is refused", () => {
  test.each([
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    " //evil.example",
    "\u0000//evil.example",
    "/.//evil.example",
    "/x/..//evil.example",
    "/%2e//evil.example",
    "/..//evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    "?next=/",
    "#x",
    "",
    "/x\\y",
    "/login",
    "/login?next=/dashboard",
    "/signup",
    "/x/../login",
    undefined,
    null,
    7,
    ["/dashboard"],
    { toString: () => "/dashboard" },
  ])("%j", (value) => {
    expect(safeNextPath(value, routes)).toBeUndefined();
  });
});

test.each([
  ["/dashboard", "/dashboard"],
  ["/tasks?filter=open&page=2#top", "/tasks?filter=open&page=2#top"],
  ["/", "/"],
  ["/backend/report.pdf", "/backend/report.pdf"],
  ["/a/../b", "/b"],
  ["/x?next=//evil.example", "/x?next=//evil.example"],
  ["/%2F%2Fevil.example", "/%2F%2Fevil.example"],
  ["/ümlaut", "/%C3%BCmlaut"],
])("the next parameter %s leads to %s", (value, path) => {
  expect(safeNextPath(value, routes)).toBe(path);
});

it("no next parameter leads to another origin", { timeout }, () => {
  const tricky = fc.constantFrom(
    "/",
    "\\",
    ".",
    "..",
    "//",
    "%2f",
    "%5c",
    "\t",
    "\n",
    "@",
    ":",
    "?",
    "#",
    "evil.example",
    "http:",
    "é",
  );
  const value = fc.oneof(
    fc.string(),
    fc.array(tricky, { maxLength: 8 }).map((parts) => `/${parts.join("")}`),
  );
  fc.assert(
    fc.property(value, (next) => {
      const path = safeNextPath(next, routes);
      if (path === undefined) return;
      const landed = new URL(path, "https://app.example.com/login");
      expect(landed.origin).toBe("https://app.example.com");
      expect(landed.pathname + landed.search + landed.hash).toBe(path);
      // What the browser would do with the redirect. The path that it reaches must be safe as well.
      expect(safeNextPath(path, routes)).toBe(path);
    }),
    { numRuns },
  );
});

test.each([
  ["/dashboard", "/login?next=%2Fdashboard"],
  ["/tasks?a=1&b=2", "/login?next=%2Ftasks%3Fa%3D1%26b%3D2"],
  ["/", "/login"],
  ["//evil.example", "/login"],
])("the page %s has the sign-in path %s", (next, path) => {
  expect(loginPath(next, routes)).toBe(path);
});
