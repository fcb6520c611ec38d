import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { filesLoadedBy, readImportGraph } from "../fixtures/import-graph";

const graph = readImportGraph();
const edgeFiles = [...graph.keys()].filter((file) => file.startsWith("edge/"));
const loaded = [...new Set(edgeFiles.flatMap((file) => [...filesLoadedBy(graph, file).keys()]))];

describe("the code that edge/ loads", () => {
  it("is found", () => {
    expect(loaded).toEqual(
      expect.arrayContaining(["edge/gate.ts", "lib/redirect-target.ts", "lib/token/mint.ts"]),
    );
  });

  it("contains neither the routes nor the settings, which are arguments", () => {
    expect(loaded.filter((file) => /^lib\/(routes|env)\.ts$/.test(file))).toEqual([]);
  });

  it("reads neither the environment nor a build constant", () => {
    const reading = loaded.filter((file) => {
      const code = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
      return /process\.env|\b__[A-Z][A-Z_]*__\b/.test(code);
    });
    expect(reading).toEqual([]);
  });
});
