import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser } from "../../../scripts/lib/chromium";
import { signUp } from "../../../scripts/stack/sign-up";
import {
  type App,
  type FullStack,
  type NeonDatabase,
  startApp,
  startDatabase,
  startFullStack,
} from "../../../scripts/stack/test-stack";
import { startQueryCounter } from "../../fixtures/query-counter";

/** How many database queries each page needs. */

let database: NeonDatabase;
let counter: Awaited<ReturnType<typeof startQueryCounter>>;
let stack: FullStack;
let app: App;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  database = await startDatabase();
  counter = await startQueryCounter(database.env.NEON_ENDPOINT);
  [stack, browser] = await Promise.all([startFullStack({ database }), launchBrowser()]);
  app = await startApp({ BACKEND_URL: stack.backendUrl, NEON_ENDPOINT: counter.url }, database);
  // Sign up at the other app: a sign-up is a transaction, and the counter does not support those.
  // The cookies work for both apps, because cookies ignore the port.
  const elsewhere = await browser.newPage({ baseURL: stack.origin });
  await signUp(elsewhere);
  const storageState = await elsewhere.context().storageState();
  await elsewhere.close();
  page = await browser.newPage({ baseURL: app.origin, storageState });
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
  await stack?.stop();
  await counter?.stop();
  await database?.stop();
});

it("a page, its prefetches and a navigation need no database query", async () => {
  const prefetched: string[] = [];
  page.on("request", (request) => {
    if (request.headers()["next-router-prefetch"]) prefetched.push(new URL(request.url()).pathname);
  });
  await page.goto("/dashboard");
  await page.waitForLoadState("networkidle");
  expect(prefetched).toContain("/tasks");
  await page.getByRole("link", { name: "Tasks", exact: true }).click();
  await page.getByLabel("New task").waitFor();
  expect(counter.queries).toEqual([]);

  await page.context().clearCookies({ name: "better-auth.session_data" });
  await page.goto("/dashboard");
  expect(counter.queries).toHaveLength(1);
});

it("the HTML of /dashboard and of /tasks contains the visitor's tasks", async () => {
  await page.request.post("/backend/api/tasks", {
    data: { title: "In the first response" },
    headers: { origin: app.origin },
  });
  for (const path of ["/dashboard", "/tasks"]) {
    expect(await (await page.request.get(path)).text(), path).toContain("In the first response");
  }
});
