import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

/** docs/production.md has the figures of docs/performance.md, which `npm run bench` writes. */

const production = readFileSync("docs/production.md", "utf8");
const performance = readFileSync("docs/performance.md", "utf8");

/** The second column of a row in the table of one instance. */
const figureOf = (name: string) =>
  production.match(new RegExp(`^\\| ${name} \\| ([^|]+) \\|$`, "m"))?.[1]?.trim();

/** A column of a contender in docs/performance.md, without its minimum and maximum. */
function measured(contender: string, column: string): string | undefined {
  const rows = performance.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  const at = rows.find((cells) => cells[1] === "contender")?.indexOf(column) ?? -1;
  const row = rows.find((cells) => cells[1] === contender && cells.length > 4);
  return row?.[at]?.split(" ")[0];
}

const find = (pattern: RegExp) => performance.match(pattern)?.[1] ?? "";

it("docs/production.md has the measured figures", () => {
  expect(figureOf("requests per second, session in memory")).toBe(measured("gate, warm", "requests/s"));
  expect(figureOf("requests per second, session from the cookie cache")).toBe(
    measured("gate, cookie", "requests/s"),
  );
  expect(figureOf("lookups per second, PostgreSQL")).toBe(measured("gate, cold, PostgreSQL", "requests/s"));
  expect(figureOf("resident memory")).toBe(`${measured("gate, warm", "memory, MB")} MB`);
  expect(figureOf("the gate's memory after 1,000,000 sessions")).toBe(
    `${find(/after 1,000,000 sessions ([\d.]+) MB/)} MB, bounded`,
  );
  const milliseconds = (Number(find(/gate's statement takes (\d+) /)) / 1000).toFixed(2);
  expect(figureOf("one lookup in the database, among 10,000,000 sessions")).toBe(`${milliseconds} ms`);
  expect(production).toContain(`lookups per second × ${milliseconds} ms`);
  expect(production).toContain(`half of ${measured("gate, warm", "requests/s")} requests/s`);
  expect(production).toContain(find(/Last run: ([\d-]+, Node [\d.]+)/));
});
