import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { nameOf, OUT_OF_ORDER, PUBLIC, pathOf, SIGNED_IN } from "../../scripts/lib/screenshot-pages";

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

it("every page has its picture taken, and only what is a page", () => {
  const shown = new Set(addresses.map(pathOf).filter((address) => !NO_PAGE.includes(address)));
  expect([...shown].sort()).toEqual(pagesIn("app").sort());
});

it("every picture is there, on a desktop and on a phone, and no other", () => {
  const names = [...addresses.map(nameOf), ...Object.keys(OUT_OF_ORDER)];
  const files = names.flatMap((name) => [`${name}-desktop.png`, `${name}-phone.png`]);
  expect(readdirSync(FOLDER).sort()).toEqual(files.sort());
});
