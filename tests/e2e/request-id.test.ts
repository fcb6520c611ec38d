import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser } from "../../scripts/lib/chromium";
import { signCookieCache } from "../../scripts/stack/signing";
import { type FullStack, startFullStack } from "../../scripts/stack/test-stack";
import { signUpByRequest } from "../fixtures/sign-up-by-request";

/** An error page shows the id of the failed request, and the log contains the same id. */

let stack: FullStack;
let browser: Browser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startFullStack(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

/** The request ids of the pages that have failed. */
const failed = () =>
  stack
    .readLog("next")
    .split("\n")
    .filter((line) => line.includes('"code":"page_failed"'))
    .map((line) => JSON.parse(line).request_id as string);

it("an error page and the 404 page show the id of their request", async () => {
  const context = await browser.newContext({ baseURL: stack.origin });
  const page = await context.newPage();
  await signUpByRequest(page, stack.origin);

  const missing = await page.goto("/no-such-page");
  await page.getByRole("heading", { name: "Page not found" }).waitFor();
  expect(await page.locator("code").textContent()).toBe(missing?.headers()["x-request-id"]);
  await page.goto("/account");

  // The gate trusts this cookie. The page queries the database, which has stopped.
  const cookies = await context.cookies();
  const token = cookies.find(({ name }) => name.endsWith("session_token"));
  const data = await signCookieCache({
    token: decodeURIComponent(token?.value ?? "").split(".")[0] ?? "",
    updatedAt: Date.now(),
    maxAgeSeconds: 60,
    version: "2",
  });
  await context.addCookies([{ name: "better-auth.session_data", value: data, url: stack.origin }]);
  await stack.stopDatabase();

  await page.waitForLoadState("networkidle");
  // As a link does. No link of these pages leads to a page whose session the gate trusts that long.
  await page.evaluate(() => {
    const { next } = window as unknown as { next: { router: { push(path: string): void } } };
    next.router.push("/device");
  });
  await page.getByRole("heading", { name: "This page could not be loaded" }).waitFor();
  const shown = () => page.locator("code").textContent();
  await expect.poll(async () => failed().includes((await shown())?.split(" / ")[0] ?? "")).toBe(true);
  const navigated = await shown();

  const response = await page.goto("/device");
  await page.getByRole("heading", { name: "This page could not be loaded" }).waitFor();
  expect(await shown()).toContain(response?.headers()["x-request-id"]);
  expect(await shown()).not.toBe(navigated);
  await expect.poll(failed).toContain(response?.headers()["x-request-id"]);
  await context.close();
});
