import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { CHROMIUM_FLAGS, findChromium } from "./chromium";
import { runProcess } from "./process";
import { tool } from "./tools";
import { fail } from "./user-error";

export type Category = "performance" | "accessibility" | "best-practices" | "seo";

export interface Scores {
  /** From 0 to 100. */
  readonly scores: Partial<Record<Category, number>>;
  /** The audits that took points away, in Lighthouse's words. */
  readonly findings: readonly string[];
}

interface Result {
  finalDisplayedUrl: string;
  categories: Partial<
    Record<Category, { score: number | null; auditRefs: { id: string; weight: number }[] }>
  >;
  audits: Record<string, { title: string; score: number | null }>;
}

/**
 * Has Lighthouse look at a page as on a phone, its own default.
 * @throws {UserError} with the end of its log when it fails, or when it was led to another page
 */
export async function audit(url: string, cookie: string, categories: readonly Category[]): Promise<Scores> {
  const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-lighthouse-"));
  try {
    const [headers, output] = [path.join(folder, "headers.json"), path.join(folder, "result.json")];
    writeFileSync(headers, JSON.stringify(cookie ? { Cookie: cookie } : {}));
    await runProcess({
      name: "lighthouse",
      command: tool("lighthouse"),
      args: [
        url,
        ...["--quiet", "--output=json", `--output-path=${output}`, `--extra-headers=${headers}`],
        ...[`--only-categories=${categories.join(",")}`, "--no-enable-error-reporting"],
        `--chrome-flags=--headless ${CHROMIUM_FLAGS.join(" ")}`,
      ],
      env: { ...process.env, CHROME_PATH: findChromium() },
    });
    const result: Result = JSON.parse(readFileSync(output, "utf8"));
    // The sign-in page has good scores as well.
    if (result.finalDisplayedUrl !== url)
      fail(`Lighthouse was led from ${url} to ${result.finalDisplayedUrl}`);
    return scoresOf(result);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The one with the middle performance, which is the score that differs from run to run. */
export function medianOf(runs: readonly Scores[]): Scores {
  const performance = ({ scores }: Scores) => scores.performance ?? 0;
  const sorted = runs.toSorted((one, other) => performance(one) - performance(other));
  const middle = sorted[Math.floor(runs.length / 2)];
  if (!middle) throw new RangeError("no runs, no median");
  return middle;
}

function scoresOf({ categories, audits }: Result): Scores {
  const entries = Object.entries(categories) as [Category, NonNullable<Result["categories"][Category]>][];
  const costly = entries.flatMap(([, { auditRefs }]) => auditRefs.filter(({ weight }) => weight > 0));
  return {
    scores: Object.fromEntries(entries.map(([name, { score }]) => [name, Math.round((score ?? 0) * 100)])),
    findings: costly
      .map(({ id }) => ({ id, ...audits[id] }))
      .filter(({ score }) => typeof score === "number" && score < 0.9)
      .map(({ id, title }) => `${id}: ${title}`),
  };
}
