import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { logLevels } from "../../lib/log/log";

/** The codes of the log, their page and their uses match. */

const docs = readFileSync("docs/logs.md", "utf8");

it("docs/logs.md explains exactly the codes that exist", () => {
  const rows = [...docs.matchAll(/^\| `(\w+)` \| (\w+) \|/gm)].map(([, code, level]) => [code, level]);
  expect(Object.fromEntries(rows)).toEqual(logLevels);
});

it("each code of the log is written somewhere", () => {
  const sources = ["edge", "lib", "app"].flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.tsx?$/.test(file) && `${root}/${file}` !== "lib/log/log.ts")
      .map((file) => readFileSync(`${root}/${file}`, "utf8")),
  );
  const all = sources.join();
  expect(Object.keys(logLevels).filter((code) => !all.includes(`"${code}"`))).toEqual([]);
});
