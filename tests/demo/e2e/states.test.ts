import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { launchBrowser } from "../../../scripts/lib/chromium";
import { type FullStack, startFullStack } from "../../../scripts/stack/test-stack";
import { findLayoutShifts } from "../../fixtures/browser";
import { signUpByRequest } from "../../fixtures/sign-up-by-request";

/** States of the dashboard and the tasks: notices, focus, no network, and no layout shifts. */

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
  await page.goto("/dashboard");
  return () => page.close();
});

const OFFLINE = "You are offline. This page shows the data that was loaded last.";

async function addTask(title: string): Promise<void> {
  await page.getByLabel("New task").fill(title);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("button", { name: `Delete ${title}` }).waitFor();
}

it("Undo restores a deleted task with its state", async () => {
  await page.goto("/tasks");
  await addTask("Deleted by mistake");
  await page.getByRole("checkbox", { name: "Deleted by mistake" }).check();
  await page.getByRole("button", { name: "Delete Deleted by mistake" }).click();
  // Screen readers must read the notice too, and only once.
  const notice = page.getByRole("status").filter({ hasText: "Deleted Deleted by mistake." });
  await notice.waitFor({ state: "attached" });
  expect(await notice.allTextContents()).toEqual(["Notice Deleted Deleted by mistake.Undo"]);
  await page.getByRole("button", { name: "Undo" }).click();
  // The delete button appears when the task is saved. Before that, the row is a preview.
  await page.getByRole("button", { name: "Delete Deleted by mistake" }).waitFor();
  await page.reload();
  expect(await page.getByRole("checkbox", { name: "Deleted by mistake" }).isChecked()).toBe(true);
});

it("the form on /tasks moves the focus to the first invalid field", async () => {
  await page.goto("/tasks");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const invalidField = page.getByLabel("New task");
  await expect.poll(() => invalidField.evaluate((input) => input === document.activeElement)).toBe(true);
  expect(await invalidField.getAttribute("aria-invalid")).toBe("true");
  // Screen readers read the error together with the field.
  const note = await invalidField.getAttribute("aria-describedby");
  expect(await page.locator(`[id="${note}"]`).textContent()).not.toBe("");
});

it("without a network the tasks page shows a notice, keeps its list, and continues when the network is back", async () => {
  await page.goto("/tasks");
  await addTask("Seen before");
  await page.context().setOffline(true);
  await page.getByText(OFFLINE).waitFor();
  expect(await page.getByRole("checkbox", { name: "Seen before" }).isVisible()).toBe(true);

  await page.getByLabel("New task").fill("Typed offline");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const note = page
    .getByRole("alert")
    .filter({ hasText: "We do not know whether “Typed offline” was added. You are offline." });
  await note.waitFor();

  await page.context().setOffline(false);
  await page.getByText(OFFLINE).waitFor({ state: "detached" });
  await page.getByRole("status").filter({ hasText: "You are back online." }).waitFor({ state: "attached" });
  await note.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("button", { name: "Delete Typed offline" }).waitFor();
});

it("the notice about a missing network covers neither the heading nor the input on a phone", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/tasks");
  await addTask("Seen before");
  await page.context().setOffline(true);
  const note = await page.getByText(OFFLINE).boundingBox();
  for (const covered of [page.getByRole("heading", { name: "Tasks" }), page.getByLabel("New task")]) {
    const box = await covered.boundingBox();
    expect(note && box && (note.y >= box.y + box.height || note.y + note.height <= box.y)).toBe(true);
  }
});

it("the tasks page shows when it receives no live updates, and when it does again", async () => {
  await page.goto("/tasks");
  await addTask("Seen before");
  await stack.stopBackend();
  const note = page.getByRole("status").filter({ hasText: "Reconnecting" });
  try {
    await note.waitFor();
    expect(await page.getByRole("checkbox", { name: "Seen before" }).isVisible()).toBe(true);
  } finally {
    await stack.restartBackend();
  }
  await page.getByRole("status").filter({ hasText: "Connected again." }).waitFor({ state: "attached" });
  expect(await note.count()).toBe(0);
});

it.each(["/dashboard", "/tasks"])("%s shows a placeholder while it loads", async (path) => {
  const html = await (await page.request.get(path)).text();
  expect(/<span class="sr-only">Loading your tasks</.test(html)).toBe(true);
});

it.each(["/dashboard", "/tasks"])("the layout of %s does not shift while it loads", async (path) => {
  await page.goto("/tasks");
  await addTask("In the list");
  expect(await findLayoutShifts(page, path)).toEqual([]);
});
