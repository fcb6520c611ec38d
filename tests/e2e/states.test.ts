import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { launchBrowser } from "../../scripts/lib/chromium";
import { type FullStack, startFullStack } from "../../scripts/stack/test-stack";
import { findLayoutShifts } from "../fixtures/browser";
import { signUpByRequest } from "../fixtures/sign-up-by-request";

/** States of the pages for sign-in and the account: focus, placeholders, and no layout shifts. */

let stack: FullStack;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startFullStack(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});
beforeEach(async () => {
  page = await browser.newPage({ baseURL: stack.origin });
  page.setDefaultTimeout(30_000);
  await signUpByRequest(page, stack.origin);
  await page.goto("/account");
  return () => page.close();
});

it("a form moves the focus to the first invalid field", async () => {
  await page.getByRole("button", { name: "Change password", exact: true }).click();
  const invalidField = page.getByLabel("Current password");
  await expect.poll(() => invalidField.evaluate((input) => input === document.activeElement)).toBe(true);
  expect(await invalidField.getAttribute("aria-invalid")).toBe("true");
  // Screen readers read the error together with the field.
  const note = await invalidField.getAttribute("aria-describedby");
  expect(await page.locator(`[id="${note}"]`).textContent()).not.toBe("");
});

it("a menu returns the focus to its button", async () => {
  const trigger = page.getByRole("button", { name: "Your account" });
  await trigger.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Account", exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => trigger.evaluate((button) => button === document.activeElement)).toBe(true);
});

it("the account page shows a placeholder while it loads", async () => {
  const html = await (await page.request.get("/account")).text();
  expect(html).toContain('<span class="sr-only">Loading your account<');
});

it.each([
  { path: "/", visitor: "a guest" },
  { path: "/login", visitor: "a guest" },
  { path: "/signup", visitor: "a guest" },
  { path: "/", visitor: "a signed-in visitor" },
  { path: "/account", visitor: "a signed-in visitor" },
])("the layout of $path does not shift while it loads for $visitor", async ({ path, visitor }) => {
  if (visitor === "a guest") await page.context().clearCookies();
  expect(await findLayoutShifts(page, path)).toEqual([]);
});
