import { routes } from "../lib/routes";
import { auditPage, type Category, medianOf, type Scores } from "./lib/audit-page";
import { ensureChromium } from "./lib/chromium";
import { main } from "./lib/main";
import { step } from "./lib/progress";
import { ensureTools } from "./lib/tools";
import { buildForTests, startFullStack } from "./stack/test-stack";
import { Visitor } from "./stack/visitor";

/**
 * Runs Lighthouse on the pages that users see first and most, on a simulated phone. Prints the
 * median of three runs, and exits with 1 if a score is below 95.
 */

const CATEGORIES: readonly Category[] = ["performance", "accessibility", "best-practices", "seo"];
const PAGES = ["/", routes.login, routes.home];
const LEAST = 95;
/**
 * During the first request for a page the server loads its code, and the machine is still busy with
 * the start.
 */
const WARM_UPS = 1;
/**
 * The median of this many runs counts: other work on the machine can lower the score of a single
 * run.
 */
const RUNS = 3;

main(async (atEnd) => {
  await step("Find or install Chromium", ensureChromium);
  await step("Install Lighthouse", ensureTools);
  await step("Build the app", buildForTests);
  const stack = await startFullStack();
  atEnd(stack.stop);
  const visitor = new Visitor(stack.origin);
  await visitor.signUp("ada@example.com");
  for (const title of ["Water the plants", "Feed the cat", "Call the bank"]) {
    await visitor.post("/backend/api/tasks", { title });
  }
  for (const page of PAGES) {
    const cookies = page === routes.home ? visitor.cookies : new Map<string, string>();
    const runs: Scores[] = [];
    for (let run = -WARM_UPS; run < RUNS; run += 1) {
      const result = await auditPage(stack.origin + page, cookies, CATEGORIES);
      if (run >= 0) runs.push(result);
    }
    const { scores, findings } = medianOf(runs);
    const shown = CATEGORIES.map((category) => `${category} ${scores[category]}`).join("  ");
    const all = runs.map((one) => one.scores.performance).join(", ");
    console.log(`${page.padEnd(8)} ${shown}  (performance of each run: ${all})`);
    for (const finding of findings) console.log(`         ${finding}`);
    if (Object.values(scores).some((score) => score < LEAST)) process.exitCode = 1;
  }
});
