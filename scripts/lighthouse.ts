import { setup as buildForTests } from "../tests/support/build";
import { startFullStack } from "../tests/support/stack";
import { Visitor } from "../tests/support/visitor";
import { ensureChromium } from "./lib/chromium";
import { audit, type Category } from "./lib/lighthouse";
import { main } from "./lib/main";
import { step } from "./lib/progress";
import { ensureTools } from "./lib/tools";

/** Lighthouse on the pages that people see first and most, as on a phone. Ends with 1 where a score is under 95. */

const CATEGORIES: readonly Category[] = ["performance", "accessibility", "best-practices", "seo"];
const PAGES = ["/", "/login", "/tasks"];
const LEAST = 95;

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
    const cookie = page === "/tasks" ? visitor.cookieHeader : "";
    const { scores, findings } = await audit(stack.origin + page, cookie, CATEGORIES);
    const shown = CATEGORIES.map((category) => `${category} ${scores[category]}`).join("  ");
    console.log(`${page.padEnd(8)} ${shown}`);
    for (const finding of findings) console.log(`         ${finding}`);
    if (Object.values(scores).some((score) => score < LEAST)) process.exitCode = 1;
  }
});
