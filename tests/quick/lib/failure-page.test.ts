import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { failurePage, refusedPage, tooManyPage, unavailablePage } from "../../../lib/failure-page";

const css = readFileSync("app/globals.css", "utf8");
const brand = readFileSync("app/_components/brand.tsx", "utf8");

it.each([
  ["a failure", failurePage("id-1")],
  ["sessions that cannot be checked", unavailablePage("id-1")],
  ["a link that does not work", refusedPage("id-1", "/")],
  ["too many attempts", tooManyPage("id-1")],
])("the gate's page for %s has the colours and the logo of the app, and loads nothing", (_, html) => {
  const colours = [...html.matchAll(/--([\w-]+): (light-dark\([^)]*\));/g)];
  expect(colours.length).toBeGreaterThan(0);
  for (const [, name, colour] of colours) expect(css).toContain(`--color-${name}: ${colour};`);
  // The page contains no other colours.
  expect(html.match(/#[0-9a-f]{3,8}\b/g)).toHaveLength(2 * colours.length);
  expect(html).toContain(brand.match(/<path d="[^"]+"/)?.[0]);
  expect(html).not.toMatch(/\b(src|https?:|url\()/);
  expect(html).toContain("<code>id-1</code>");
});
