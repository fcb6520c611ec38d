import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../../scripts/lib/chromium";
import { type FullStack, startFullStack } from "../../../scripts/stack/test-stack";
import { findProblems, findSmallTargets, SCREENS, STILL } from "../../fixtures/axe";
import { signUpByRequest } from "../../fixtures/sign-up-by-request";

/** axe finds no problem on the dashboard and the tasks, in any state of them. */

let stack: FullStack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startFullStack(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

async function openPage(more: object = {}): Promise<Page> {
  const page = await browser.newPage({ baseURL: stack.origin, ...more, ...STILL });
  page.setDefaultTimeout(30_000);
  await signUpByRequest(page, stack.origin);
  return page;
}

describe.each(SCREENS)("axe on a $screen in $colorScheme mode", ({ viewport, colorScheme }) => {
  it("finds no problem in any state of the dashboard and the tasks", async () => {
    const page = await openPage({ viewport, colorScheme });
    const expectNoProblems = async () => expect(await findProblems(page)).toEqual([]);
    await page.goto("/dashboard");
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

    await page.context().setOffline(true);
    await page.getByText("You are offline.").waitFor();
    await expectNoProblems();
    await page.context().setOffline(false);

    await page.goto("/dashboard");
    await page.getByRole("listitem").filter({ hasText: "Water the plants" }).waitFor();
    await expectNoProblems();
    await page.close();
  });
});

it("every link and button measures at least 44 by 44 px on a phone", async () => {
  const page = await openPage({ viewport: { width: 390, height: 844 } });
  for (const path of ["/dashboard", "/tasks"]) {
    await page.goto(path);
    await page.waitForLoadState("networkidle");
    expect(await findSmallTargets(page), path).toEqual([]);
  }
  await page.close();
});

it("axe finds no problem on pages whose tasks could not be loaded", async () => {
  const page = await openPage();
  await stack.stopBackend();
  for (const path of ["/dashboard", "/tasks"]) {
    await page.goto(path);
    await page.getByRole("alert").filter({ hasText: "Your tasks could not be loaded" }).waitFor();
    expect(await findProblems(page), path).toEqual([]);
  }
});
