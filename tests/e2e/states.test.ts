import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { launchBrowser } from "../support/browser";
import { signUp } from "../support/signed-up";
import { type FullStack, startFullStack } from "../support/stack";

/** How the pages carry themselves: notices, the focus, no network, and that nothing jumps. */

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
  page.setDefaultTimeout(15_000);
  await signUp(page);
  return () => page.close();
});

async function addTask(title: string): Promise<void> {
  await page.getByLabel("New task").fill(title);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("button", { name: `Delete ${title}` }).waitFor();
}

it("a task that was deleted can be had back, as it was", async () => {
  await page.goto("/tasks");
  await addTask("Deleted by mistake");
  await page.getByRole("checkbox", { name: "Deleted by mistake" }).check();
  await page.getByRole("button", { name: "Delete Deleted by mistake" }).click();
  // Read out, not only seen.
  await page.getByRole("status").getByText("Deleted Deleted by mistake.").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("checkbox", { name: "Deleted by mistake" }).waitFor();
  await page.reload();
  expect(await page.getByRole("checkbox", { name: "Deleted by mistake" }).isChecked()).toBe(true);
});

it("a menu gives the focus back", async () => {
  const trigger = page.getByRole("button", { name: "Your account" });
  await trigger.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Account", exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => trigger.evaluate((button) => button === document.activeElement)).toBe(true);
});

it("without a network a page says so, keeps its list and what is typed, and goes on by itself", async () => {
  await page.goto("/tasks");
  await addTask("Seen before");
  await page.context().setOffline(true);
  await page.getByText("You are offline.").waitFor();
  expect(await page.getByRole("checkbox", { name: "Seen before" }).isVisible()).toBe(true);

  await page.getByLabel("New task").fill("Typed offline");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const note = page.getByRole("alert").filter({ hasText: "Typed offline" });
  await note.waitFor();

  await page.context().setOffline(false);
  await page.getByText("You are offline.").waitFor({ state: "detached" });
  await note.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("button", { name: "Delete Typed offline" }).waitFor();
});

it.each(["/", "/dashboard", "/tasks"])("nothing moves while %s loads", async (path) => {
  await page.goto("/tasks");
  await addTask("In the list");
  await page.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[])
        shifts.push(entry.value);
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.goto(path);
  await page.waitForLoadState("networkidle");
  expect(await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts)).toEqual([]);
});
