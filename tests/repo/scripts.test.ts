import { describe, expect, it } from "vitest";
import { readImportGraph } from "./import-graph";

/** Inside scripts/, imports go downwards only. */

const graph = readImportGraph();
const FORBIDDEN: readonly [folder: string, others: readonly string[]][] = [
  ["scripts/lib", ["scripts/stack", "scripts/checks", "scripts/bench"]],
  ["scripts/stack", ["scripts/checks", "scripts/bench"]],
  ["scripts/checks", ["scripts/bench"]],
  ["scripts/bench", ["scripts/checks"]],
];

describe.each(FORBIDDEN)("%s", (folder, others) => {
  const files = [...graph.keys()].filter((file) => file.startsWith(`${folder}/`));

  it(`imports nothing from ${others.join(", ")}`, () => {
    expect(files).not.toEqual([]);
    const wrong = files.flatMap((file) =>
      (graph.get(file) ?? [])
        .filter((imported) => others.some((other) => imported.file?.startsWith(`${other}/`)))
        .map((imported) => `${file} imports ${imported.file}`),
    );
    expect(wrong).toEqual([]);
  });
});
