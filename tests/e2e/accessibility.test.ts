import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failurePage, unavailablePage } from "../../lib/failure-page";
import { launchBrowser } from "../../scripts/lib/chromium";
import { signUp } from "../../scripts/stack/sign-up";
import { type FullStack, startFullStack } from "../../scripts/stack/test-stack";
import { findProblems } from "../fixtures/axe";
import { pairs } from "../fixtures/full";

/** axe finds no problem on any page, in any state of it, on a phone or a desktop, light or dark. */

/** Without animations: an element is half transparent while it moves, and axe checks contrast. */
const STILL = { reducedMotion: "reduce" } as const;

let stack: FullStack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startFullStack(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

const screens = [
  { screen: "phone", viewport: { width: 390, height: 844 } },
  { screen: "desktop", viewport: { width: 1280, height: 800 } },
];
const cases = pairs(screens, ["light", "dark"] as const).map(([screen, colorScheme]) => ({
  ...screen,
  colorScheme,
}));

describe.each(cases)("axe on a $screen in $colorScheme mode", ({ viewport, colorScheme }) => {
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

  it("finds no problem in any state of the dashboard, the tasks and the account", async () => {
    await signUp(page);
    await expectNoProblems();
    await page.goto("/tasks");
    await expectNoProblems();

    for (const title of ["Water the plants", "Feed the cat"]) {
      await page.getByLabel("New task").fill(title);
      await page.getByRole("button", { name: "Add", exact: true }).click();
      await page.getByRole("button", { name: `Delete ${title}` }).waitFor();
    }
    await page.getByRole("checkbox", { name: "Feed the cat" }).check();
    await expectNoProblems();

    await page.getByRole("button", { name: "Rename Water the plants" }).click();
    await expectNoProblems();
    await page.keyboard.press("Escape");

    await page.getByRole("button", { name: "Delete Feed the cat" }).click();
    await page.getByRole("button", { name: "Undo" }).waitFor();
    await expectNoProblems();

    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).waitFor();
    await expectNoProblems();
    await page.keyboard.press("Escape");

    await page.context().setOffline(true);
    await page.getByText("You are offline.").waitFor();
    await expectNoProblems();
    await page.context().setOffline(false);

    await page.goto("/account");
    await expectNoProblems();
    await page.getByRole("button", { name: "Change password" }).click();
    await page.locator("[aria-invalid=true]").first().waitFor();
    await expectNoProblems();

    await page.goto("/dashboard");
    await page.getByRole("listitem").filter({ hasText: "Water the plants" }).waitFor();
    await expectNoProblems();
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
  const tooSmall = () =>
    page.evaluate(() =>
      [...document.querySelectorAll("a, button")]
        .map((element) => ({ element, box: element.getBoundingClientRect() }))
        // The skip link is 1 px wide until it has the focus.
        .filter(({ box }) => box.width > 1 && (box.width < 44 || box.height < 44))
        .map(({ element, box }) => `${element.outerHTML} is ${box.width} by ${box.height}`),
    );
  for (const path of ["/", "/login", "/signup", "/forgot-password", "/account-deleted", "/nowhere"]) {
    await page.goto(path);
    expect(await tooSmall(), path).toEqual([]);
  }
  await signUp(page);
  for (const path of ["/dashboard", "/tasks", "/account", "/account/keys", "/device"]) {
    await page.goto(path);
    await page.waitForLoadState("networkidle");
    expect(await tooSmall(), path).toEqual([]);
  }
  await page.setContent(unavailablePage("id"));
  expect(await tooSmall(), "the gate's own page").toEqual([]);
  await page.close();
});

it("axe finds no problem on pages whose tasks could not be loaded", async () => {
  const page = await browser.newPage({ baseURL: stack.origin, ...STILL });
  await signUp(page);
  await stack.stopBackend();
  for (const path of ["/dashboard", "/tasks"]) {
    await page.goto(path);
    await page.getByRole("alert").filter({ hasText: "Your tasks could not be loaded" }).waitFor();
    expect(await findProblems(page), path).toEqual([]);
  }
  await stack.restartBackend();
});
