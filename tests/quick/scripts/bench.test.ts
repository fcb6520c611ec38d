import { describe, expect, it } from "vitest";
import { drawChart } from "../../../scripts/bench/draw-chart";
import { renderPage } from "../../../scripts/bench/render-page";
import {
  describeSessions,
  type Measured,
  type Report,
  renderComposition,
  renderTable,
} from "../../../scripts/bench/report";
import { findProblems, type SoakResult } from "../../../scripts/bench/soak";
import { computeRatios, computeSpread, rotate } from "../../../scripts/bench/statistics";
import { renderTargets } from "../../../scripts/bench/targets";

const measured = (ratio: number): Measured => ({
  value: computeSpread([ratio * 10]),
  ratio: computeSpread([ratio, ratio * 0.9, ratio * 1.1]),
});

const report: Report = {
  node: "20.20.2",
  cores: 2,
  date: "2026-01-02",
  rounds: { requests: 3, starts: 3, http: 3 },
  rows: [
    {
      name: "bare rewrite",
      request: measured(1),
      start: measured(1),
      http: measured(1),
      memory: 100 * 1024 ** 2,
    },
    { name: "gate, warm", request: measured(1.05), start: measured(1.2), http: measured(0.8) },
    { name: "gate, cookie", request: measured(3), start: measured(1.7), http: measured(0.7) },
    { name: "FastAPI directly", http: measured(0.5) },
  ],
  sessions: {
    count: 2_000,
    held: [3 * 1024 ** 2, 5 * 1024 ** 2, 4 * 1024 ** 2],
    warm: computeSpread([1.02]),
  },
  composition: [
    { owner: "better-auth", bytes: 190_000, gzip: 50_000, evaluated: 0 },
    { owner: "next", bytes: 160_000, gzip: 48_000, evaluated: 150_000 },
  ],
};

describe("statistics", () => {
  it("takes the middle value, or the mean of the two middle values", () => {
    expect(computeSpread([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 });
    expect(computeSpread([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(() => computeSpread([])).toThrow();
  });

  it("compares a round with the bare rewrite of the same round", () => {
    expect(computeRatios([2, 40, 6], [1, 20, 2])).toEqual({ median: 2, min: 2, max: 3 });
  });

  it("gives every contender every position", () => {
    const orders = [0, 1, 2, 3, 4, 5].map((round) => rotate(["a", "b", "c"], round).join(""));
    expect(new Set(orders).size).toBe(6);
    for (const order of orders) expect([...order].sort().join("")).toBe("abc");
  });
});

describe("the report of bench", () => {
  it("has a line for each contender, and an empty cell where nothing was measured", () => {
    const lines = renderTable(report).split("\n");
    expect(lines).toHaveLength(2 + report.rows.length);
    expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
    expect(lines.at(-1)).not.toContain("NaN");
  });

  it("lists which targets were met, and names those that were missed", () => {
    const [, ...lines] = renderTargets(report).split("\n");
    const judged = lines
      .filter((line) => line.startsWith("| "))
      .map((line) => line.split("|").at(-2)?.trim());
    expect(judged).toEqual(["met", "missed", "missed", "met"]);
    expect(lines.at(-1)).toMatch(/^Missed: .*0\.80 \(target ≥ 0\.92\); .*1\.70 \(target ≤ 1\.60\)\.$/);
  });

  it("describes the memory use of very many sessions", () => {
    expect(describeSessions(report)).toMatch(/666.* 3\.0 MB.* 2,000 .* 4\.0 MB .*5\.0 MB/);
  });

  it("lists the packages in the script, and how much of each is evaluated later", () => {
    const [, , first] = renderComposition(report).split("\n");
    expect(first?.split("|").map((cell) => cell.trim())).toEqual([
      "",
      "better-auth",
      "190",
      "50",
      "0",
      "190",
      "",
    ]);
  });

  it("draws a bar for each figure, for light and dark", () => {
    const svg = drawChart(report);
    expect(svg.match(/class="bar/g)).toHaveLength(3 + 3 + 4);
    expect(svg).toContain("prefers-color-scheme: dark");
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("is a page that shows the chart", () => {
    expect(renderPage(report)).toContain("](performance.svg)");
  });
});

describe("findProblems", () => {
  const MB = 1024 ** 2;
  const memory = { held: [90 * MB, 100 * MB, 104 * MB], resident: [200 * MB, 300 * MB, 330 * MB] } as const;
  const fine: SoakResult = { counts: {}, unexpected: [], memory, leftOpen: 0 };

  it.each([
    ["a correct run", {}, 0],
    ["a run with an unexpected response", { unexpected: ["warm call: 500", "warm call: 500"] }, 1],
    [
      "a run whose held memory grows",
      { memory: { ...memory, held: [90 * MB, 100 * MB, 111 * MB] as const } },
      1,
    ],
    [
      "a run whose resident memory grows",
      { memory: { ...memory, resident: [200 * MB, 300 * MB, 350 * MB] as const } },
      1,
    ],
    ["a run that leaves requests open", { leftOpen: 2 }, 1],
  ])("counts the problems of %s", (_, change, count) => {
    expect(findProblems({ ...fine, ...change })).toHaveLength(count);
  });
});
