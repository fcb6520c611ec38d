import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { nameOf, PUBLIC, pathOf, SIGNED_IN, UNAVAILABLE } from "../../scripts/lib/screenshot-pages";

/**
 * docs/screenshots has pictures of every page of this app, except pages that exist only in
 * development.
 */

const FOLDER = "docs/screenshots";
const NO_PAGE = ["/nowhere"];

function pagesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => path.basename(file) === "page.tsx")
    .map((file) => path.dirname(file).split(path.sep))
    .map((segments) => segments.filter((segment) => segment !== "." && !/^\(.+\)$/.test(segment)))
    .map((segments) => `/${segments.join("/")}`);
}

const addresses = [...PUBLIC, ...SIGNED_IN];

it("every page has a picture, and nothing else has one", () => {
  const shown = new Set(addresses.map(pathOf).filter((address) => !NO_PAGE.includes(address)));
  expect([...shown].sort()).toEqual(pagesIn("app").sort());
});

it("each picture exists for a desktop and for a phone, and no other picture", () => {
  const names = [...addresses.map(nameOf), ...Object.keys(UNAVAILABLE)];
  const files = names.flatMap((name) => [`${name}-desktop.png`, `${name}-phone.png`]);
  expect(readdirSync(FOLDER).sort()).toEqual(files.sort());
});
