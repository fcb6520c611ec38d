import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchBrowser } from "../../../scripts/lib/chromium";
import { ensureVenv } from "../../../scripts/stack/backend";
import { signUp } from "../../../scripts/stack/sign-up";
import { type FullStack, startFullStack } from "../../../scripts/stack/test-stack";
import { expectNoReadableToken, expectToFitPhone, watchErrors, watchTraffic } from "../../fixtures/browser";

/** The pages of the demo in a real browser. */

let stack: FullStack;
let browser: Browser;
let context: BrowserContext;
let page: Page;

const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-tasks-"));
const BACKEND_SQLITE = path.join(folder, "tasks.sqlite");

beforeAll(async () => {
  const starting = startFullStack({ backend: { BACKEND_SQLITE } });
  [stack, browser] = await Promise.all([starting, launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  context = await browser.newContext({ baseURL: stack.origin });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  return () => context.close();
});

async function addTask(title: string): Promise<void> {
  await page.getByLabel("New task").fill(title);
  const saved = page.waitForResponse((response) => response.request().method() === "POST");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  expect((await saved).status()).toBe(201);
  await page.getByRole("button", { name: `Delete ${title}` }).waitFor();
}

/** Adds "Task 1", "Task 2" …, the newest first. */
const STORE_TASKS = `
import sqlite3, sys, uuid
from datetime import UTC, datetime, timedelta

file, user, count = sys.argv[1:]
now = datetime.now(UTC).replace(tzinfo=None)
with sqlite3.connect(file) as db:
    for n in range(1, int(count) + 1):
        values = str(uuid.uuid4()), user, f"Task {n}", 0, str(now - timedelta(seconds=n))
        db.execute("INSERT INTO task (id, user_id, title, done, created_at) VALUES (?, ?, ?, ?, ?)", values)
`;

/** Signs up a user with this number of tasks, and opens the tasks page. */
async function openTasks(count: number): Promise<void> {
  await signUp(page);
  const { id } = await (await context.request.get("/backend/api/me")).json();
  execFileSync(await ensureVenv(), ["-c", STORE_TASKS, BACKEND_SQLITE, id, String(count)]);
  await page.goto("/tasks");
}

describe("a visitor with more tasks than a page of the list", () => {
  it("sees the newest 50, and older ones with each press of “Show older tasks”", async () => {
    await openTasks(120);
    const boxes = page.getByRole("checkbox");
    const button = page.getByRole("button", { name: "Show older tasks" });
    await page.getByRole("heading", { name: "Newest 50: 50 to do, 0 done" }).waitFor();
    expect(await boxes.count()).toBe(50);

    await page.route("**/backend/api/tasks?cursor=*", (route) => route.abort());
    await button.click();
    await page.getByRole("alert").filter({ hasText: "The server cannot be reached." }).waitFor();
    await page.unroute("**/backend/api/tasks?cursor=*");
    await button.click();
    await page.getByRole("heading", { name: "Newest 100: 100 to do, 0 done" }).waitFor();
    expect(await page.getByRole("alert").filter({ hasText: "reached" }).count()).toBe(0);
    await page.getByRole("checkbox", { name: "Task 100", exact: true }).check();

    await button.click();
    const heading = page.getByRole("heading", { name: "119 to do, 1 done", exact: true });
    await heading.waitFor();
    expect(await button.count()).toBe(0);
    // The button had the focus.
    expect(await heading.evaluate((element) => element === document.activeElement)).toBe(true);
    const shown = await page.getByRole("main").getByRole("listitem").allInnerTexts();
    expect(shown).toEqual(Array.from({ length: 120 }, (_, index) => `Task ${index + 1}`));
  });

  it("sees older ones although the first live message arrives while they are loaded", async () => {
    const deliver: (() => void)[] = [];
    await page.routeWebSocket("**/backend/api/tasks/live", (socket) => {
      socket.connectToServer().onMessage((message) => {
        deliver.push(() => socket.send(message));
      });
    });
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route("**/backend/api/tasks?cursor=*", async (route) => {
      await released;
      await route.continue();
    });
    await openTasks(120);
    await expect.poll(() => deliver.length).toBe(1);

    const requested = page.waitForRequest("**/backend/api/tasks?cursor=*");
    await page.getByRole("button", { name: "Show older tasks" }).click();
    await requested;
    deliver[0]?.();
    // Until the page has read the message and is rendered again.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
    release();
    await page.getByRole("heading", { name: "Newest 100: 100 to do, 0 done" }).waitFor();
  });

  it("with 1,000 tasks reads how many are allowed, and can add the task after deleting another", async () => {
    await openTasks(1_000);
    await page.getByLabel("New task").fill("One too many");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    const note = page.getByRole("alert").filter({ hasText: "One too many" });
    await note.waitFor();
    expect(await note.textContent()).toContain(
      "“One too many” was not added. You can have at most 1,000 tasks. Delete some of them first.",
    );
    expect(await page.getByRole("checkbox", { name: "One too many" }).count()).toBe(0);
    const deleted = page.waitForResponse((response) => response.request().method() === "DELETE");
    await page.getByRole("button", { name: "Delete Task 1", exact: true }).click();
    await deleted;
    await note.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("button", { name: "Delete One too many" }).waitFor();
    expect(await note.count()).toBe(0);
  });
});

describe("a signed-in visitor", () => {
  it("adds, marks, renames and deletes tasks, which FastAPI stores", async () => {
    await signUp(page);
    await page.goto("/tasks");
    await addTask("Water the plants");
    await addTask("Feed the cat");

    await page.getByRole("checkbox", { name: "Feed the cat" }).check();
    await page.getByRole("button", { name: "Rename Water the plants" }).click();
    await page.getByLabel("New name for Water the plants").fill("Water the roses");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Delete Water the roses" }).waitFor();
    // A change is saved when the server returns it.
    await expect
      .poll(async () =>
        (await (await context.request.get("/backend/api/tasks")).json()).items
          .map(({ title, done }: { title: string; done: boolean }) => `${title}: ${done}`)
          .sort(),
      )
      .toEqual(["Feed the cat: true", "Water the roses: false"]);

    await page.getByRole("button", { name: "Delete Feed the cat" }).click();
    await page.getByRole("checkbox", { name: "Feed the cat" }).waitFor({ state: "detached" });
    await expect
      .poll(async () => (await (await context.request.get("/backend/api/tasks")).json()).items.length)
      .toBe(1);
    await page.reload();
    await page.getByRole("checkbox", { name: "Water the roses" }).waitFor();
    expect(await page.getByRole("checkbox").count()).toBe(1);
  });

  it("gets the tasks in the HTML, without scripts", async () => {
    await signUp(page);
    await page.goto("/tasks");
    await addTask("In the first response");
    const html = await (await context.request.get("/tasks")).text();
    expect(html).toContain("In the first response");
  });

  it("needs one request to add a task", async () => {
    await signUp(page);
    await page.goto("/tasks");
    await page.waitForLoadState("networkidle");
    const { requests } = watchTraffic(page);
    await addTask("One request");
    expect(requests).toEqual(["POST /backend/api/tasks"]);
  });

  it("whose session has ended signs in again and returns to the page", async () => {
    const email = await signUp(page);
    // Wait for the socket. A page without one would send a request by itself, and find out that the
    // session has ended before the test types anything.
    const connected = new Promise((resolve) => {
      page.once("websocket", (socket) => socket.once("framereceived", resolve));
    });
    await page.goto("/tasks");
    await connected;
    await context.clearCookies();
    await page.getByLabel("New task").fill("Too late");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.waitForURL("**/login?next=%2Ftasks");
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("Password").fill("correct-horse-battery");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/tasks");
  });
});

it("no token is readable for scripts of the tasks page", async () => {
  const traffic = watchTraffic(page);
  await signUp(page);
  await page.goto("/tasks");
  await addTask("Look everywhere");
  await page.goto("/dashboard");
  await page.waitForLoadState("networkidle");

  await expectNoReadableToken(page, traffic, "Look everywhere");
});

it("no page of the demo violates its Content Security Policy", async () => {
  const pageErrors = watchErrors(page);
  await signUp(page);
  for (const path of ["/dashboard", "/tasks"]) {
    await page.goto(path);
    await page.waitForLoadState("networkidle");
  }
  expect(pageErrors).toEqual([]);
});

it("a form keeps what was typed before the scripts have loaded", async () => {
  await signUp(page);
  // A new browser without cached scripts, on a slow network: the page shows, but no script loads.
  const storageState = await context.storageState();
  const newContext = await browser.newContext({ baseURL: stack.origin, storageState });
  const slow = await newContext.newPage();
  const waiting: string[] = [];
  await slow.route(/\/_next\/static\/.*\.js/, (route) => void waiting.push(route.request().url()));
  await slow.goto("/tasks", { waitUntil: "commit" });
  await slow.getByLabel("New task").click();
  await slow.keyboard.type("Typed early");
  await slow.keyboard.press("Enter");
  expect(waiting.length).toBeGreaterThan(0);
  expect(await slow.getByLabel("New task").inputValue()).toBe("Typed early");
  expect(new URL(slow.url()).search).toBe("");

  // From here on all scripts load, including those that were waiting.
  await slow.unroute(/\/_next\/static\/.*\.js/);
  await slow.getByRole("button", { name: "Add", exact: true }).click();
  await slow.getByRole("button", { name: "Delete Typed early" }).waitFor();
  await newContext.close();
});

it("the tasks page works with the keyboard alone", async () => {
  await signUp(page);
  await page.goto("/tasks");
  // Until the button is enabled, Enter does nothing, and what was typed is kept.
  await expect.poll(() => page.getByRole("button", { name: "Add", exact: true }).isEnabled()).toBe(true);
  await page.getByLabel("New task").focus();
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Delete By keyboard" }).waitFor();
  await page.getByRole("checkbox", { name: "By keyboard" }).focus();
  await page.keyboard.press("Space");
  expect(await page.getByRole("checkbox", { name: "By keyboard" }).isChecked()).toBe(true);
});

describe("while FastAPI is down", () => {
  it("a page shows an error, the visitor stays signed in, and a change can be sent again", async () => {
    const email = await signUp(page);
    await page.goto("/tasks");
    await stack.stopBackend();
    try {
      await page.getByLabel("New task").fill("Not lost");
      await page.getByRole("button", { name: "Add", exact: true }).click();
      const note = page.getByRole("alert").filter({ hasText: "Not lost" });
      await note.waitFor();

      const other = await context.newPage();
      await other.goto("/dashboard");
      await other.getByText(email).waitFor();
      await other.getByText("Your tasks could not be loaded").waitFor();

      await stack.restartBackend();
      await note.getByRole("button", { name: "Try again" }).click();
      await page.getByRole("button", { name: "Delete Not lost" }).waitFor();
      await other.getByRole("button", { name: "Try again" }).click();
      await other.getByText("Not lost").waitFor();
    } finally {
      await stack.stopBackend();
      await stack.restartBackend();
    }
  });
});

it("every page of the demo fits the width of a phone", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await signUp(page);
  for (const path of ["/dashboard", "/tasks"]) await expectToFitPhone(page, path);
});
