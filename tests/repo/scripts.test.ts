import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { trackedFiles } from "../fixtures/tracked-files";

/** The specifiers of `import … from`, `import(…)`, `export … from` and `require(…)`. */
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["']([^"']+)["']/g;

it("nothing in scripts/ imports from tests/", () => {
  const scripts = trackedFiles("scripts").filter((file) => /\.[cm]?[jt]s$/.test(file));
  const wrong = scripts.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(SPECIFIER)]
      .map(([, specifier = ""]) => specifier)
      .filter((specifier) => path.join(path.dirname(file), specifier).startsWith("tests/"))
      .map((specifier) => `${file} imports ${specifier}`),
  );
  expect(wrong).toEqual([]);
});
