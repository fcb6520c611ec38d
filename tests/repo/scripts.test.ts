import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { trackedFiles } from "../fixtures/tracked-files";

/** The specifiers of `import … from`, `import(…)`, `export … from` and `require(…)`. */
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["']([^"']+)["']/g;

/** The imports of the files in `folder` that lead into one of the other folders. */
function findImports(folder: string, others: readonly string[]): string[] {
  const files = trackedFiles(folder).filter((file) => /\.[cm]?[jt]s$/.test(file));
  return files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(SPECIFIER)]
      .map(([, specifier = ""]) => specifier)
      .filter((specifier) => {
        const target = path.join(path.dirname(file), specifier);
        return others.some((other) => target.startsWith(`${other}/`));
      })
      .map((specifier) => `${file} imports ${specifier}`),
  );
}

it("nothing in scripts/ imports from tests/", () => {
  expect(findImports("scripts", ["tests"])).toEqual([]);
});

it("nothing in scripts/lib/ imports from another folder of scripts/", () => {
  expect(findImports("scripts/lib", ["scripts/stack", "scripts/checks", "scripts/bench"])).toEqual([]);
});

it("nothing in scripts/stack/ imports from scripts/checks/ or scripts/bench/", () => {
  expect(findImports("scripts/stack", ["scripts/checks", "scripts/bench"])).toEqual([]);
});
