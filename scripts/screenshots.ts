import { mkdirSync } from "node:fs";
import path from "node:path";
import { launchBrowser } from "../tests/support/browser";
import { setup as buildForTests } from "../tests/support/build";
import { signUp } from "../tests/support/signed-up";
import { startFullStack } from "../tests/support/stack";
import { ensureChromium } from "./lib/chromium";
import { main } from "./lib/main";
import { step } from "./lib/progress";
import { root } from "./lib/root";

/** Takes the pictures in docs/screenshots anew: each page on a desktop and, dark, on a phone. */

const FOLDER = path.join(root, "docs/screenshots");
const PUBLIC = ["/", "/login", "/signup", "/forgot-password", "/nowhere"];
const SIGNED_IN = ["/dashboard", "/tasks", "/account"];
const SCREENS = {
  desktop: { viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: "dark" },
} as const;
const TASKS = ["Send the invoice for October", "Water the plants", "Book a table for Friday"];

main(async (atEnd) => {
  await step("Find or install Chromium", ensureChromium);
  await step("Build the app", buildForTests);
  const stack = await step("Start the stack", () => startFullStack());
  atEnd(stack.stop);
  const browser = await launchBrowser();
  atEnd(() => browser.close());
  mkdirSync(FOLDER, { recursive: true });

  for (const [screen, look] of Object.entries(SCREENS)) {
    const page = await browser.newPage({ baseURL: stack.origin, reducedMotion: "reduce", ...look });
    const take = async (address: string) => {
      await page.goto(address);
      await page.waitForLoadState("networkidle");
      const name = address === "/" ? "home" : address.slice(1);
      await page.screenshot({ path: path.join(FOLDER, `${name}-${screen}.png`) });
    };
    for (const address of PUBLIC) await step(`${address} on a ${screen}`, () => take(address));
    await signUp(page, `ada-${screen}@example.com`);
    await page.goto("/tasks");
    for (const title of TASKS) {
      await page.getByLabel("New task").fill(title);
      await page.getByRole("button", { name: "Add", exact: true }).click();
      await page.getByRole("button", { name: `Delete ${title}` }).waitFor();
    }
    await page.getByRole("checkbox", { name: "Water the plants" }).check();
    for (const address of SIGNED_IN) await step(`${address} on a ${screen}`, () => take(address));
    await page.close();
  }
});
