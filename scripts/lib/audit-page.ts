import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";
import { CHROMIUM_FLAGS, findChromium } from "./chromium";
import { freePort } from "./ports";
import { runProcess } from "./process";
import { tool } from "./tools";
import { fail } from "./user-error";

export type Category = "performance" | "accessibility" | "best-practices" | "seo";

/** The result of one run. */
export interface Scores {
  /** From 0 to 100. */
  readonly scores: Partial<Record<Category, number>>;
  /** The audits that lowered the score, in Lighthouse's words. */
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
 * Audits a page with Lighthouse on a simulated phone, which is Lighthouse's default.
 *
 * The browser holds `cookies` as it would after a sign-in. A `Cookie` header from `--extra-headers`
 * does not work: as soon as a response sets one cookie, Chromium sends that one cookie instead of
 * the header, and the visitor is signed out.
 * @throws {UserError} with the end of Lighthouse's log when it fails, or when the page redirects
 * elsewhere
 */
export async function auditPage(
  url: string,
  cookies: ReadonlyMap<string, string>,
  categories: readonly Category[],
): Promise<Scores> {
  const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-lighthouse-"));
  const browser = await openBrowser(path.join(folder, "profile"));
  try {
    await browser.context.addCookies([...cookies].map(([name, value]) => ({ name, value, url })));
    const output = path.join(folder, "result.json");
    await runProcess({
      name: "lighthouse",
      command: tool("lighthouse"),
      args: [
        url,
        ...[`--port=${browser.port}`, "--quiet", "--output=json", `--output-path=${output}`],
        ...[`--only-categories=${categories.join(",")}`, "--no-enable-error-reporting"],
      ],
    });
    const result: Result = JSON.parse(readFileSync(output, "utf8"));
    // Without this check, the good scores of the sign-in page would pass for those of the page.
    if (result.finalDisplayedUrl !== url)
      fail(`Lighthouse was redirected from ${url} to ${result.finalDisplayedUrl}`);
    return scoresOf(result);
  } finally {
    await browser.context.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A browser with a fresh profile that Lighthouse can connect to. */
async function openBrowser(profile: string) {
  const port = await freePort();
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    args: [...CHROMIUM_FLAGS, `--remote-debugging-port=${port}`],
    // Lighthouse sets the size of the screen.
    viewport: null,
  });
  return { context, port };
}

/**
 * The run with the median performance score, which is the score that varies between runs.
 * @throws {RangeError} when there are no runs
 */
export function medianOf(runs: readonly Scores[]): Scores {
  const performance = ({ scores }: Scores) => scores.performance ?? 0;
  const sorted = runs.toSorted((one, other) => performance(one) - performance(other));
  const middle = sorted[Math.floor(runs.length / 2)];
  if (!middle) throw new RangeError("There are no runs, so there is no median");
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
