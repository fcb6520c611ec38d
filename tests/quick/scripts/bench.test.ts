import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { NAMES } from "../../../scripts/bench/case";
import { recordLookup } from "../../../scripts/bench/contender-env";
import { drawChart } from "../../../scripts/bench/draw-chart";
import { run } from "../../../scripts/bench/http-client";
import { renderPage } from "../../../scripts/bench/render-page";
import {
  describeLookups,
  describeSessions,
  type Measured,
  type Report,
  renderComposition,
  renderTable,
} from "../../../scripts/bench/report";
import { findProblems, type SoakResult } from "../../../scripts/bench/soak";
import {
  balanceOrder,
  computePercentile,
  computeRatios,
  computeSpread,
} from "../../../scripts/bench/statistics";
import { renderTargets } from "../../../scripts/bench/targets";
import { listen } from "../../../scripts/lib/ports";
import { sessionToken } from "../../../scripts/stack/signing";

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
      name: NAMES.bare,
      request: measured(1),
      start: measured(1),
      http: measured(1),
      p99: measured(1),
      memory: 100 * 1024 ** 2,
    },
    {
      name: NAMES.warm,
      request: measured(1.05),
      start: measured(1.2),
      http: measured(0.8),
      p99: measured(1.3),
      size: { raw: 300_000, gzip: 84_000 },
    },
    { name: NAMES.cookie, request: measured(3), start: measured(1.7), http: measured(0.7) },
    { name: NAMES.cold, request: measured(20), start: measured(2.1), http: measured(0.4) },
    { name: NAMES.coldPostgres, request: measured(15), start: measured(2), http: measured(0.5) },
    { name: "FastAPI directly", http: { value: computeSpread([700]) } },
  ],
  warmToLeast: computeSpread([1.08]),
  lookupToBareFetch: computeSpread([1.25]),
  sessions: {
    count: 2_000,
    held: [3 * 1024 ** 2, 5 * 1024 ** 2, 4 * 1024 ** 2],
    warm: computeSpread([1.02]),
  },
  scale: {
    few: 1_000,
    many: 10_000_000,
    ratio: computeSpread([1.1]),
    took: { few: computeSpread([200]), many: computeSpread([220]) },
    plan: ["Index Scan using session_token_key on session s"],
    version: "15.9",
  },
  composition: [
    { owner: "better-auth", bytes: 190_000, gzip: 50_000, evaluated: 0 },
    { owner: "next", bytes: 160_000, gzip: 48_000, evaluated: 150_000 },
  ],
};

describe("computeSpread", () => {
  it("has the middle value as the median, or the mean of the two in the middle", () => {
    expect(computeSpread([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 });
    expect(computeSpread([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(() => computeSpread([])).toThrow();
  });
});

describe("computeRatios", () => {
  it("compare each round with the reference in the same round", () => {
    expect(computeRatios([2, 40, 6], [1, 20, 2])).toEqual({ median: 2, min: 2, max: 3 });
  });
});

describe("computePercentile", () => {
  it("is the value that this share of the values does not exceed", () => {
    const values = Array.from({ length: 200 }, (_, i) => 200 - i);
    expect(computePercentile(values, 0.99)).toBe(198);
    expect(computePercentile(values, 1)).toBe(200);
    expect(computePercentile([7], 0.99)).toBe(7);
    expect(() => computePercentile([], 0.99)).toThrow();
  });
});

describe("balanceOrder", () => {
  it.each([2, 3, 6, 7])("gives each of %i items each place, and each neighbour, equally often", (count) => {
    const items = Array.from({ length: count }, (_, i) => i);
    const places = new Map<string, number>();
    const followers = new Map<string, number>();
    const add = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
    for (let round = 0; round < 2 * count; round++) {
      const order = balanceOrder(items, round);
      expect(order.toSorted()).toEqual(items);
      for (const [place, item] of order.entries()) {
        add(places, `${item} in place ${place}`);
        if (place > 0) add(followers, `${item} after ${order[place - 1]}`);
      }
    }
    expect(places.size).toBe(count * count);
    expect(followers.size).toBe(count * (count - 1));
    expect(new Set([...places.values(), ...followers.values()])).toEqual(new Set([2]));
  });
});

describe("recordLookup", () => {
  it("returns the request of the gate's store, with the session token as its first parameter", async () => {
    const env = {
      DATABASE_URL: "postgresql://me:secret@db.example/app",
      NEON_ENDPOINT: "http://127.0.0.1:1",
    };
    const lookup = await recordLookup({ env });
    expect(lookup.url).toBe("http://127.0.0.1:1/sql");
    expect(lookup.headers["neon-connection-string"]).toContain("db.example");
    expect(lookup.query).toContain('s."token" = $1');
    expect(lookup.params[0]).toBe(sessionToken("known"));
  });
});

describe("run", () => {
  it("measures the latency that 99 of 100 requests do not exceed", async () => {
    const port = await listen(slow);
    const { responses, p99 } = await run(4, 200, (n) => [`http://127.0.0.1:${port}/${n}`, {}]);
    slow.close();
    expect(responses[7]).toEqual({ status: 200, body: "/7" });
    // 4 of 200 are slow, and the 99th percentile is the third slowest.
    expect(p99).toBeGreaterThan(95);
  });
});

/** Delays 4 of 200 responses by 100 ms. */
const slow = createServer(({ url = "" }, response) => {
  setTimeout(() => response.end(url), Number(url.slice(1)) % 50 === 0 ? 100 : 0);
});

describe("the report of bench", () => {
  it("has a line for each contender, with empty cells for what was not measured", () => {
    const lines = renderTable(report).split("\n");
    expect(lines).toHaveLength(2 + report.rows.length);
    expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
    expect(lines.at(-1)).not.toContain("NaN");
  });

  it("lists which targets are met, and names those that are missed", () => {
    const [, ...lines] = renderTargets(report).split("\n");
    const judged = lines
      .filter((line) => line.startsWith("| "))
      .map((line) => line.split("|").at(-2)?.trim());
    expect(judged).toEqual(["missed", "met", "met", "met", "missed", "missed", "missed", "met", "met"]);
    expect(lines.at(-1)).toMatch(
      /^Missed: .*1\.70 \(target ≤ 1\.65\); .*1\.25 \(target ≤ 1\.20\); .*0\.80 \(target ≥ 0\.95\); .*1\.30 \(target ≤ 1\.20\)\.$/,
    );
  });

  it("counts a target as missed if it was not measured", () => {
    expect(renderTargets({ ...report, rows: [] })).toContain("not measured (target ≤ 85.0)");
  });

  it("describes the memory of very many sessions", () => {
    expect(describeSessions(report)).toMatch(/666.* 3\.0 MB[\s\S]* 2,000 .* 4\.0 MB[\s\S]*5\.0 MB/);
  });

  it("describes the lookups through both databases, and those among very many sessions", () => {
    expect(describeLookups(report)).toMatch(/ 4 lookups [\s\S]* 5 through PostgreSQL\n15\.9/);
    expect(describeLookups(report)).toMatch(
      /10,000,000 [\s\S]* 220 µs, among 1,000 [\s\S]*200 µs: 1\.10 times/,
    );
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
    // The bars of the two lookups are cut off, and have two parts.
    expect(svg.match(/class="bar/g)).toHaveLength(5 + 5 + 5 + 2);
    expect(svg).toContain("prefers-color-scheme: dark");
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("is a page with the chart and the plan of the lookup", () => {
    expect(renderPage(report)).toContain("](performance.svg)");
    expect(renderPage(report)).toContain("\nIndex Scan using session_token_key on session s\n");
  });
});

describe("a soak", () => {
  const MB = 1024 ** 2;
  const memory = { held: [90 * MB, 100 * MB, 104 * MB], resident: [200 * MB, 300 * MB, 330 * MB] } as const;
  const fine: SoakResult = { counts: {}, unexpected: [], memory, leftOpen: 0 };

  it.each<[string, number, Partial<SoakResult>]>([
    ["without a problem", 0, {}],
    ["with the same unexpected response twice", 1, { unexpected: ["warm call: 500", "warm call: 500"] }],
    ["whose memory in use grows", 1, { memory: { ...memory, held: [90 * MB, 100 * MB, 111 * MB] as const } }],
    [
      "whose resident memory grows",
      1,
      { memory: { ...memory, resident: [200 * MB, 300 * MB, 350 * MB] as const } },
    ],
    ["that leaves requests open", 1, { leftOpen: 2 }],
  ])("%s has this number of failures: %i", (_, failures, change) => {
    expect(findProblems({ ...fine, ...change })).toHaveLength(failures);
  });
});
