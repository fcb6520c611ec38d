import { describe, expect, it } from "vitest";
import {
  type Check,
  CheckFailed,
  CheckSkipped,
  failed,
  passed,
  warning,
} from "../../../scripts/checks/check";
import { createReport, toJson } from "../../../scripts/checks/report";
import { countResults, type Result, runChecks } from "../../../scripts/checks/run";

/** The framework under `npm run doctor` and `npm run conform`. */

const check = (id: string, run: Check<string>["run"], more: Partial<Check<string>> = {}): Check<string> => ({
  id,
  title: `title of ${id}`,
  run,
  ...more,
});

describe("runChecks", () => {
  it("takes a check that returns nothing as passed", async () => {
    const results = await runChecks([check("a.x", async () => {}, { source: "RFC 1 §1" })], "context");
    expect(results).toEqual([{ id: "a.x", title: "title of a.x", source: "RFC 1 §1", status: "passed" }]);
  });

  it("gives each check the context", async () => {
    const [result] = await runChecks([check("a.x", (context) => passed(context))], "context");
    expect(result).toMatchObject({ status: "passed", note: "context" });
  });

  it.each([
    [
      "CheckFailed",
      new CheckFailed("wrong"),
      { status: "failed", findings: [{ reason: "wrong", fix: "fix it" }] },
    ],
    ["CheckSkipped", new CheckSkipped("unknown"), { status: "skipped", reason: "unknown" }],
    [
      "another error",
      new TypeError("x is not a function"),
      {
        status: "failed",
        findings: [{ reason: "the check could not be completed: x is not a function", fix: "fix it" }],
      },
    ],
  ])("turns %s into an outcome", async (_, error, outcome) => {
    const run = () => Promise.reject(error);
    expect(await runChecks([check("a.x", run, { fix: "fix it" })], "")).toMatchObject([outcome]);
  });

  it("skips a check that needs a failed or skipped one, and not one that needs a warning", async () => {
    const results = await runChecks(
      [
        check("a.failed", () => failed("wrong", "fix it")),
        check("a.needs-failed", () => passed(), { needs: ["a.failed"] }),
        check("a.needs-skipped", () => passed(), { needs: ["a.needs-failed"] }),
        check("a.warning", () => warning("odd", "look")),
        check("a.needs-warning", () => passed(), { needs: ["a.warning"] }),
      ],
      "",
    );
    expect(results.map(({ status }) => status)).toEqual([
      "failed",
      "skipped",
      "skipped",
      "warning",
      "passed",
    ]);
    expect(results[1]).toMatchObject({ reason: 'it needs "title of a.failed"' });
  });

  it("starts no check after the signal", async () => {
    const abort = new AbortController();
    const checks = [check("a.x", async () => abort.abort()), check("a.y", () => passed())];
    expect(await runChecks(checks, "", { signal: abort.signal })).toHaveLength(1);
  });
});

const results: Result[] = [
  { id: "config.x", title: "X", status: "failed", findings: [{ reason: "wrong", fix: "correct it" }] },
  { id: "config.y", title: "Y", status: "warning", findings: [{ reason: "odd", fix: "change it" }] },
  { id: "app.z", title: "Z", source: "RFC 1 §1", status: "passed", note: "fine" },
  { id: "app.s", title: "S", source: "RFC 2 §2", status: "skipped", reason: "unknown" },
];

function show(colour: boolean, redact?: (text: string) => string): string {
  let output = "";
  const stream = {
    isTTY: false,
    columns: 80,
    write: (text: string) => {
      output += text;
    },
  };
  const report = createReport(stream, { total: 4, headings: { config: "Configuration" }, colour, redact });
  for (const result of results) {
    report.onStart(result);
    report.onEnd(result);
  }
  report.writeSummary(results, 1.23);
  return output;
}

describe("createReport", () => {
  it("shows each check below its topic, with how to fix it", () => {
    expect(show(false)).toBe(`
Configuration
  ✗ X
      wrong
      → correct it [config.x]
  ! Y
      odd
      → change it [config.y]

app
  ✓ Z (RFC 1 §1; fine)
  – S (RFC 2 §2; skipped: unknown)

1 passed, 1 warning, 1 failed, 1 skipped in 1.2 s
`);
  });

  it("uses colours only if it is told to", () => {
    expect(show(false)).not.toContain("\x1b");
    expect(show(true)).toContain("\x1b[31m✗\x1b[0m X");
  });

  it("redacts every line", () => {
    expect(show(false, (text) => text.replaceAll("wrong", "***"))).not.toContain("wrong");
  });
});

describe("toJson", () => {
  it("contains the totals and each result with its topic", () => {
    const time = new Date(0);
    const document = JSON.parse(toJson(results, { url: "https://app.example.com", time }));
    expect(document).toEqual({
      url: "https://app.example.com",
      time: "1970-01-01T00:00:00.000Z",
      ok: false,
      totals: countResults(results),
      checks: results.map((result) => ({ topic: result.id.split(".")[0], ...result })),
    });
    expect(JSON.parse(toJson(results.slice(1), { time })).ok).toBe(true);
  });
});
