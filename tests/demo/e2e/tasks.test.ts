import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchBrowser } from "../../../scripts/lib/chromium";
import { signUp } from "../../../scripts/stack/sign-up";
import { type FullStack, startFullStack } from "../../../scripts/stack/test-stack";
import { expectNoReadableToken, expectToFitPhone, watchErrors, watchTraffic } from "../../fixtures/browser";

/** The pages of the demo in a real browser. */

let stack: FullStack;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startFullStack(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
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
