import type { Browser, BrowserContext, Page, WebSocket } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { launchBrowser } from "../support/browser";
import { type FullStack, startFullStack } from "../support/stack";

/** One account on two devices: what is done on one shows on the other, with no reload. */

/** Milliseconds: a page waits some seconds before it connects again. */
const PATIENT = { timeout: 15_000 };

let stack: FullStack;
let browser: Browser;
let phone: BrowserContext;
let page: Page;
let other: Page;
let people = 0;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startFullStack(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});
beforeEach(async () => {
  const desktop = await browser.newContext({ baseURL: stack.origin });
  const account = { name: "Ada", email: `ada-${++people}@example.com`, password: "correct-horse-battery" };
  const headers = { origin: stack.origin };
  const signedUp = await desktop.request.post("/api/auth/sign-up/email", { data: account, headers });
  expect(signedUp.ok()).toBe(true);
  phone = await browser.newContext({ baseURL: stack.origin });
  expect((await phone.request.post("/api/auth/sign-in/email", { data: account, headers })).ok()).toBe(true);
  [page, other] = await Promise.all([openTasks(desktop), openTasks(phone)]);
  return async () => {
    await desktop.close();
    await phone.close();
  };
});

/** Each page's sockets, and what it was told over them. */
const sockets = new WeakMap<Page, WebSocket[]>();
const told = new WeakMap<Page, string[]>();

/** Once it is live: what it shows afterwards, it was told. */
async function openTasks(context: BrowserContext, prepare?: (page: Page) => Promise<void>): Promise<Page> {
  const opened = await context.newPage();
  opened.setDefaultTimeout(PATIENT.timeout);
  sockets.set(opened, []);
  told.set(opened, []);
  opened.on("websocket", (socket) => {
    sockets.get(opened)?.push(socket);
    socket.on("framereceived", ({ payload }) => told.get(opened)?.push(String(payload)));
  });
  await prepare?.(opened);
  await opened.goto("/tasks");
  await hear(opened, "all");
  return opened;
}

/** Waits for the next message of a kind. */
async function hear(on: Page, kind: string): Promise<void> {
  const messages = told.get(on) ?? [];
  await expect.poll(() => messages.some((message) => JSON.parse(message).kind === kind), PATIENT).toBe(true);
  messages.length = 0;
}

async function addTask(on: Page, title: string): Promise<void> {
  await on.getByLabel("New task").fill(title);
  await on.getByRole("button", { name: "Add", exact: true }).click();
}

/** A notice is a list item too, outside of the page's own part. */
const titles = (on: Page) => on.getByRole("main").getByRole("listitem").allInnerTexts();

it("a task that is added, marked, renamed and deleted on one shows on the other", async () => {
  await addTask(page, "Water the plants");
  await addTask(page, "Feed the cat");
  await expect.poll(() => titles(other)).toEqual(["Feed the cat", "Water the plants"]);

  await page.getByRole("checkbox", { name: "Feed the cat" }).check();
  await expect.poll(() => other.getByRole("checkbox", { name: "Feed the cat" }).isChecked()).toBe(true);
  await other.getByRole("heading", { name: "1 to do, 1 done" }).waitFor();

  await page.getByRole("button", { name: "Rename Water the plants" }).click();
  await page.getByLabel("New name for Water the plants").fill("Water the roses");
  await page.keyboard.press("Enter");
  await expect.poll(() => titles(other)).toEqual(["Feed the cat", "Water the roses"]);

  // And the other way round.
  await other.getByRole("button", { name: "Delete Feed the cat" }).click();
  await expect.poll(() => titles(page)).toEqual(["Water the roses"]);
  expect(await titles(other)).toEqual(["Water the roses"]);
});

it("a task of one's own is never seen twice, though the socket tells of it before the answer comes", async () => {
  await page.route("**/backend/api/tasks", async (route) => {
    const answer = await route.fetch();
    await hear(page, "saved");
    // Time for React to show it, if it would.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
    await route.fulfill({ response: answer });
  });
  // Every state of the list that comes to the screen.
  await page.evaluate(() => {
    const lengths: number[] = [];
    Object.assign(window, { lengths });
    new MutationObserver(() => lengths.push(document.querySelectorAll("main li").length)).observe(
      document.querySelector("main") as HTMLElement,
      { childList: true, subtree: true },
    );
  });
  await addTask(page, "Water the plants");
  await page.getByRole("button", { name: "Delete Water the plants" }).waitFor();
  const lengths = await page.evaluate(() => (window as unknown as { lengths: number[] }).lengths);
  expect(Math.max(...lengths)).toBe(1);
});

it("what was changed while FastAPI was away shows when it is back, and so does what comes then", async () => {
  await addTask(page, "Before");
  await hear(other, "saved");
  await stack.stopBackend();
  await stack.restartBackend();
  // Before the other page is connected again, or soon after: it shows in either case.
  await addTask(page, "Meanwhile");
  await expect.poll(() => titles(other), PATIENT).toEqual(["Meanwhile", "Before"]);
  await hear(other, "all");
  await addTask(page, "Afterwards");
  await expect.poll(() => titles(other)).toEqual(["Afterwards", "Meanwhile", "Before"]);
});

it("a page that nobody sees connects no more until it is seen again", async () => {
  // Its time is the test's.
  const seen = await openTasks(phone, (page) => page.clock.install());
  const ended = sockets.get(seen)?.[0]?.waitForEvent("close");

  await setVisibility(seen, "hidden");
  await stack.stopBackend();
  await stack.restartBackend();
  await ended;
  await seen.clock.fastForward("10:00");
  expect(sockets.get(seen)).toHaveLength(1);

  await setVisibility(seen, "visible");
  await hear(seen, "all");
});

/** Headless pages are always visible. */
function setVisibility(on: Page, state: DocumentVisibilityState): Promise<void> {
  return on.evaluate((visibilityState) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, value: visibilityState });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
}

it("a page whose session has ended elsewhere is taken to sign in once its socket has ended", async () => {
  await phone.clearCookies();
  await stack.stopBackend();
  await stack.restartBackend();
  await other.waitForURL("**/login?next=%2Ftasks");
});
