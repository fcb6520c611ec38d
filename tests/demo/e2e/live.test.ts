import type { Browser, BrowserContext, Page, WebSocket } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { launchBrowser } from "../../../scripts/lib/chromium";
import { type FullStack, startFullStack } from "../../../scripts/stack/test-stack";
import { canPause, pause } from "../../fixtures/pause";

/** One account on two devices: a change on one shows on the other without a reload. */

/** A page waits a few seconds before it reconnects. Milliseconds. */
const LONG_TIMEOUT = { timeout: 30_000 };

let stack: FullStack;
let browser: Browser;
let phone: BrowserContext;
let page: Page;
let other: Page;
let account: { name: string; email: string; password: string };
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
  account = { name: "Ada", email: `ada-${++people}@example.com`, password: "correct-horse-battery" };
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

/** The sockets of each page, and the messages that it received on them. */
const sockets = new WeakMap<Page, WebSocket[]>();
const receivedMessages = new WeakMap<Page, string[]>();

/** Opens the tasks page and waits for its first live message. Later changes arrive by socket. */
async function openTasks(context: BrowserContext, prepare?: (page: Page) => Promise<void>): Promise<Page> {
  const opened = await context.newPage();
  opened.setDefaultTimeout(LONG_TIMEOUT.timeout);
  sockets.set(opened, []);
  receivedMessages.set(opened, []);
  opened.on("websocket", (socket) => {
    sockets.get(opened)?.push(socket);
    socket.on("framereceived", ({ payload }) => receivedMessages.get(opened)?.push(String(payload)));
  });
  await prepare?.(opened);
  await opened.goto("/tasks");
  await receive(opened, "page");
  return opened;
}

/** Waits for the next message of one kind. */
async function receive(on: Page, kind: string): Promise<void> {
  const messages = receivedMessages.get(on) ?? [];
  await expect
    .poll(() => messages.some((message) => JSON.parse(message).kind === kind), LONG_TIMEOUT)
    .toBe(true);
  messages.length = 0;
}

async function addTask(on: Page, title: string): Promise<void> {
  await on.getByLabel("New task").fill(title);
  await on.getByRole("button", { name: "Add", exact: true }).click();
}

/** Only list items in `main`: a notice is a list item too, outside of it. */
const titles = (on: Page) => on.getByRole("main").getByRole("listitem").allInnerTexts();

it("each change of a task on one device shows on the other", async () => {
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

  // The same in the other direction.
  await other.getByRole("button", { name: "Delete Feed the cat" }).click();
  await expect.poll(() => titles(page)).toEqual(["Water the roses"]);
  expect(await titles(other)).toEqual(["Water the roses"]);
});

it("a new task shows once, even if its live message arrives before the response", async () => {
  await page.route("**/backend/api/tasks", async (route) => {
    const response = await route.fetch();
    await receive(page, "saved");
    // Gives React time to render, in case it would show the task twice.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
    await route.fulfill({ response });
  });
  // Records the length of the list after every change of the DOM.
  await page.evaluate(() => {
    const lengths: number[] = [];
    Object.assign(window, { lengths });
    new MutationObserver(() => lengths.push(document.querySelectorAll("main li").length)).observe(
      document.querySelector("main") as HTMLElement,
      { childList: true, subtree: true },
    );
  });
  const responded = page.waitForResponse("**/backend/api/tasks");
  await addTask(page, "Water the plants");
  await responded;
  await page.getByRole("button", { name: "Delete Water the plants" }).waitFor();
  const lengths = await page.evaluate(() => (window as unknown as { lengths: number[] }).lengths);
  expect(Math.max(...lengths)).toBe(1);
});

/**
 * Adds a task while FastAPI is paused, and waits until the page reports that no response came in
 * time. FastAPI stays paused until `resume` is called.
 */
async function addWithoutResponse(title: string) {
  const resume = pause(stack.backendPid);
  try {
    await addTask(page, title);
    const note = page.getByRole("alert").filter({ hasText: `“${title}”` });
    await note.waitFor({ timeout: 30_000 });
    expect(await note.textContent()).toContain(
      `We do not know whether “${title}” was added. The server did not respond in time.`,
    );
    return { note, resume };
  } catch (error) {
    resume();
    throw error;
  }
}

const storedTitles = async () =>
  ((await (await page.request.get("/backend/api/tasks")).json()).items as { title: string }[]).map(
    ({ title }) => title,
  );

it.runIf(canPause)("a task whose response was late shows, and its error disappears", async () => {
  const { note, resume } = await addWithoutResponse("Once");
  resume();
  await page.getByRole("button", { name: "Delete Once" }).waitFor();
  await note.waitFor({ state: "detached" });
  await page.getByRole("status").filter({ hasText: "Added Once." }).waitFor({ state: "attached" });
  expect(await storedTitles()).toEqual(["Once"]);
});

it.runIf(canPause)("a task that is sent again after a timeout is added once", async () => {
  const { note, resume } = await addWithoutResponse("Twice");
  try {
    const sent = page.waitForRequest((request) => request.method() === "POST");
    await note.getByRole("button", { name: "Try again" }).click();
    await sent;
  } finally {
    resume();
  }
  await page.getByRole("button", { name: "Delete Twice" }).waitFor();
  // FastAPI still has to respond to two requests. This one comes after them, so once it is done,
  // both have been handled.
  await addTask(page, "Afterwards");
  await expect.poll(() => titles(other), LONG_TIMEOUT).toEqual(["Afterwards", "Twice"]);
  expect(await titles(page)).toEqual(["Afterwards", "Twice"]);
  expect(await storedTitles()).toEqual(["Afterwards", "Twice"]);
});

it("Undo restores the same task on both devices", async () => {
  await addTask(page, "Deleted by mistake");
  await page.getByRole("button", { name: "Delete Deleted by mistake" }).waitFor();
  const kept = async () => (await (await page.request.get("/backend/api/tasks")).json()).items;
  const [before] = await kept();
  await page.getByRole("button", { name: "Delete Deleted by mistake" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Delete Deleted by mistake" }).waitFor();
  expect(await kept()).toMatchObject([{ id: before.id, title: "Deleted by mistake" }]);
  await expect.poll(() => titles(other)).toEqual(["Deleted by mistake"]);
});

it("after the account is deleted on one device, the other can neither add tasks nor receive changes", async () => {
  const headers = { origin: stack.origin };
  const ended = sockets.get(other)?.[0]?.waitForEvent("close");
  // The gate still trusts the session of the other device: it may do so for a minute.
  expect((await phone.request.get("/backend/api/me")).status()).toBe(200);
  const deletion = { data: { password: account.password }, headers };
  expect((await page.request.post("/api/auth/delete-user", deletion)).ok()).toBe(true);
  await ended;
  const refused = await phone.request.post("/backend/api/tasks", { data: { title: "Too late" }, headers });
  expect(refused.status()).toBe(401);
  expect(await refused.json()).toMatchObject({ code: "account_deleted" });
  await addTask(other, "Too late");
  await other
    .getByRole("alert")
    .filter({ hasText: "“Too late” was not added. This account was deleted" })
    .waitFor();
});

it("changes show on the other device after FastAPI has restarted", async () => {
  await addTask(page, "Before");
  await receive(other, "saved");
  await stack.stopBackend();
  await stack.restartBackend();
  // The other page may reconnect before or after this. The task must show in both cases.
  await addTask(page, "Meanwhile");
  await expect.poll(() => titles(other), LONG_TIMEOUT).toEqual(["Meanwhile", "Before"]);
  await receive(other, "page");
  await addTask(page, "Afterwards");
  await expect.poll(() => titles(other)).toEqual(["Afterwards", "Meanwhile", "Before"]);
});

it("a hidden page does not reconnect until it is visible again", async () => {
  // The test controls the clock of this page.
  const seen = await openTasks(phone, (page) => page.clock.install());
  const ended = sockets.get(seen)?.[0]?.waitForEvent("close");

  await setVisibility(seen, "hidden");
  await stack.stopBackend();
  await stack.restartBackend();
  await ended;
  await seen.clock.fastForward("10:00");
  expect(sockets.get(seen)).toHaveLength(1);

  await setVisibility(seen, "visible");
  await receive(seen, "page");
});

/** Sets the visibility by hand, because headless pages are always visible. */
function setVisibility(on: Page, state: DocumentVisibilityState): Promise<void> {
  return on.evaluate((visibilityState) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, value: visibilityState });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
}

it("a page whose session has ended goes to the sign-in page when its socket closes", async () => {
  await phone.clearCookies();
  await stack.stopBackend();
  await stack.restartBackend();
  await other.waitForURL("**/login?next=%2Ftasks");
});
