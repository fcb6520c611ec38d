import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failurePage, unavailablePage } from "../../lib/failure-page";
import { launchBrowser } from "../../scripts/lib/chromium";
import { signUp } from "../../scripts/stack/sign-up";
import { type FullStack, startFullStack } from "../../scripts/stack/test-stack";
import { findProblems, findSmallTargets, SCREENS, STILL } from "../fixtures/axe";

/** axe finds no problem on any page, in any state of it, on a phone or a desktop, light or dark. */

let stack: FullStack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startFullStack(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

describe.each(SCREENS)("axe on a $screen in $colorScheme mode", ({ viewport, colorScheme }) => {
  let page: Page;

  beforeAll(async () => {
    page = await browser.newPage({ baseURL: stack.origin, viewport, colorScheme, ...STILL });
    page.setDefaultTimeout(30_000);
  });
  afterAll(() => page?.close());

  async function expectNoProblems(): Promise<void> {
    expect(await findProblems(page)).toEqual([]);
  }

  it.each([
    "/",
    "/login",
    "/signup",
    "/forgot-password",
    "/reset-password",
    "/verify-email",
    "/account-deleted",
  ])("finds no problem on %s", async (path) => {
    await page.goto(path);
    await expectNoProblems();
  });

  it("finds no problem on a form with errors", async () => {
    await page.goto("/login");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator("[aria-invalid=true]").first().waitFor();
    await expectNoProblems();
    await page.getByLabel("Email").fill("nobody@example.com");
    await page.getByLabel("Password", { exact: true }).fill("wrong-password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator("form").getByRole("alert").waitFor();
    await expectNoProblems();
  });

  it("finds no problem in any state of the account, with the menu open, and offline", async () => {
    await signUp(page);
    await expectNoProblems();
    await page.getByRole("button", { name: "Change password" }).click();
    await page.locator("[aria-invalid=true]").first().waitFor();
    await expectNoProblems();

    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).waitFor();
    await expectNoProblems();
    await page.keyboard.press("Escape");

    await page.context().setOffline(true);
    await page.getByText("You are offline.").waitFor();
    await expectNoProblems();
    await page.context().setOffline(false);
  });

  it("finds no problem on the 404 page and on the pages of the gate", async () => {
    await page.goto("/nowhere");
    await expectNoProblems();
    for (const html of [failurePage("id"), unavailablePage("id")]) {
      await page.setContent(html);
      await expectNoProblems();
    }
  });
});

it("every link and button measures at least 44 by 44 px on a phone", async () => {
  const page = await browser.newPage({
    baseURL: stack.origin,
    viewport: { width: 390, height: 844 },
    ...STILL,
  });
  for (const path of ["/", "/login", "/signup", "/forgot-password", "/account-deleted", "/nowhere"]) {
    await page.goto(path);
    expect(await findSmallTargets(page), path).toEqual([]);
  }
  await signUp(page);
  for (const path of ["/account", "/account/keys", "/device"]) {
    await page.goto(path);
    await page.waitForLoadState("networkidle");
    expect(await findSmallTargets(page), path).toEqual([]);
  }
  await page.setContent(unavailablePage("id"));
  expect(await findSmallTargets(page), "the gate's own page").toEqual([]);
  await page.close();
});
