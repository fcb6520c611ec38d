import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { ensureChromium, launchBrowser } from "./lib/chromium";
import { main } from "./lib/main";
import { step } from "./lib/progress";
import { root } from "./lib/root";
import { nameOf, PUBLIC, SIGNED_IN, UNAVAILABLE } from "./lib/screenshot-pages";
import { signUp } from "./stack/sign-up";
import { buildForTests, startFullStack } from "./stack/test-stack";

/**
 * Takes the pictures in docs/screenshots: each page on a desktop in light mode and on a phone in
 * dark mode.
 */

const FOLDER = path.join(root, "docs/screenshots");
const SCREENS = {
  desktop: { viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: "dark" },
} as const;
type Screen = keyof typeof SCREENS;
const TASKS = ["Send the invoice for October", "Water the plants", "Book a table for Friday"];

/** These pages are longer than a screen, and their pictures show the full page. */
const WHOLE = ["/", "/account"];

main(async (atEnd) => {
  await step("Find or install Chromium", ensureChromium);
  await step("Build the app", buildForTests);
  const browser = await launchBrowser();
  atEnd(() => browser.close());
  mkdirSync(FOLDER, { recursive: true });
  const open = (screen: Screen, baseURL: string) =>
    browser.newPage({ baseURL, reducedMotion: "reduce", ...SCREENS[screen] });

  const stack = await step("Start the stack", () => startFullStack());
  atEnd(stack.stop);
  const pages = { desktop: await open("desktop", stack.origin), phone: await open("phone", stack.origin) };
  const each = async (what: string, does: (page: Page, screen: Screen) => Promise<void>) => {
    for (const [screen, page] of Object.entries(pages) as [Screen, Page][])
      await step(`${what} on a ${screen}`, () => does(page, screen));
  };

  for (const address of PUBLIC)
    await each(address, (page, screen) => takePicture(page, address, `${nameOf(address)}-${screen}`));
  await each("Sign up and add tasks", addTasks);
  for (const address of SIGNED_IN)
    await each(address, (page, screen) => takePicture(page, address, `${nameOf(address)}-${screen}`));

  await stack.stopDatabase();
  await each("The page without a database", async (page, screen) => {
    await forgetSession(page);
    await takePicture(page, UNAVAILABLE.unavailable, `unavailable-${screen}`);
  });
});

async function takePicture(page: Page, address: string, name: string): Promise<void> {
  await page.goto(address);
  await page.waitForLoadState("networkidle");
  await page.screenshot({ path: path.join(FOLDER, `${name}.png`), fullPage: WHOLE.includes(address) });
}

/** Signs up and adds a few tasks. */
async function addTasks(page: Page, screen: Screen): Promise<void> {
  await signUp(page, `ada-${screen}@example.com`);
  await page.goto("/tasks");
  for (const title of TASKS) {
    await page.getByLabel("New task").fill(title);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("button", { name: `Delete ${title}` }).waitFor();
  }
  await page.getByRole("checkbox", { name: "Water the plants" }).check();
}

/**
 * Removes the cookie cache. The gate does not use its memory for a page request without this
 * cookie.
 */
async function forgetSession(page: Page): Promise<void> {
  await page.context().clearCookies({ name: /session_data/ });
}
