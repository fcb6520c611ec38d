import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readSamples } from "../fixtures/guides";

it("docs/existing-app.md shows every line of examples/existing-app/gate.patch", () => {
  const patch = readFileSync("examples/existing-app/gate.patch", "utf8");
  const [, ...parts] = patch.split(/^diff --git a\/(\S+) .*\n/m);
  const inPatch = parts.flatMap((text, index) =>
    index % 2 ? findChanges(parts[index - 1] ?? "", text) : [],
  );
  const onPage = readSamples()
    .filter(({ page, language }) => page === "existing-app.md" && language === "diff")
    .flatMap(({ file = "", text }) => findChanges(file, text));
  expect(inPatch).not.toEqual([]);
  expect(summarise(onPage)).toEqual(summarise(inPatch));
});

/** The lines that a diff adds (1) and removes (-1), without blank ones. */
function findChanges(file: string, diff: string): [line: string, change: number][] {
  return diff
    .split("\n")
    .filter((line) => /^[+-](?![+-]).*\S/.test(line))
    .map((line) => [`${file}: ${line.slice(1)}`, line.startsWith("+") ? 1 : -1]);
}

/** How often each line is added. Without lines that are also removed, because diffs differ in those. */
function summarise(changes: readonly [line: string, change: number][]) {
  const totals = new Map<string, number>();
  for (const [line, change] of changes) totals.set(line, (totals.get(line) ?? 0) + change);
  return Object.fromEntries([...totals].filter(([, total]) => total !== 0));
}
