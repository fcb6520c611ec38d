import { randomUUID } from "node:crypto";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { routes } from "../../lib/routes";
import { launchBrowser } from "../../scripts/lib/chromium";
import { signUp } from "../../scripts/stack/sign-up";
import { type FullStack, startFullStack } from "../../scripts/stack/test-stack";
import { expectNoReadableToken, expectToFitPhone, watchErrors, watchTraffic } from "../fixtures/browser";

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

describe("a visitor", () => {
  it("who signs up arrives at the home page of the app", async () => {
    await page.goto("/signup");
    await page.getByLabel("Name").fill("Ada");
    await page.getByLabel("Email").fill(`${randomUUID()}@example.com`);
    await page.getByLabel("Password", { exact: true }).fill("correct-horse-battery");
    await page.getByRole("button", { name: "Create account" }).click();
    await page.waitForURL(`**${routes.home}`);
  });

  it("who opens a protected page signs in first and then sees it", async () => {
    const email = await signUp(page);
    await context.clearCookies();
    await page.goto("/account?from=mail");
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe(
      "/login?next=%2Faccount%3Ffrom%3Dmail",
    );
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("Password").fill("correct-horse-battery");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/account?from=mail");
  });

  it("who types a wrong password sees an error and keeps the email", async () => {
    const email = await signUp(page);
    await context.clearCookies();
    await page.goto("/login");
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("Password").fill("wrong-password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator("form").getByRole("alert").waitFor();
    expect(await page.getByLabel("Email").inputValue()).toBe(email);
  });
});

describe("a signed-in visitor", () => {
  it("is redirected from the sign-in page", async () => {
    await signUp(page);
    await page.goto("/login?next=%2Fdevice");
    expect(new URL(page.url()).pathname).toBe("/device");
  });

  it("signs out and is then redirected to the sign-in page", async () => {
    await signUp(page);
    const before = await context.cookies();
    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.waitForURL("**/login");
    expect((await context.cookies()).filter(({ name }) => name.includes("session"))).toEqual([]);
    await page.goto("/device");
    expect(new URL(page.url()).pathname).toBe("/login");
    expect(before.find(({ name }) => name.endsWith("session_token"))?.httpOnly).toBe(true);
  });
});

it("no token is readable for scripts of a page", async () => {
  const traffic = watchTraffic(page);
  const email = await signUp(page);
  await page.waitForLoadState("networkidle");
  // As the client of a page does.
  await page.evaluate(() => fetch("/backend/api/me").then((response) => response.json()));
  await page.goto("/account/keys");
  await page.waitForLoadState("networkidle");
  await expectNoReadableToken(page, traffic, email);
});

it("no page violates its Content Security Policy, which blocks injected scripts", async () => {
  const pageErrors = watchErrors(page);
  for (const path of ["/", "/login", "/signup"]) {
    await page.goto(path);
    await page.waitForLoadState("networkidle");
  }
  await signUp(page);
  for (const path of ["/account", "/account/keys", "/device"]) {
    await page.goto(path);
    await page.waitForLoadState("networkidle");
  }
  expect(pageErrors).toEqual([]);

  // Attack: an attacker gets markup with an inline event handler into the page. Defence: the
  // Content Security Policy blocks the handler.
  const ran = await page.evaluate(() => {
    document.body.insertAdjacentHTML("beforeend", `<img src="/nothing" onerror="window.injected = true">`);
    return new Promise((resolve) => setTimeout(() => resolve("injected" in window), 500));
  });
  expect(ran).toBe(false);
});

it("every page fits the width of a phone", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  for (const path of ["/", "/login", "/signup"]) await expectToFitPhone(page, path);
  await signUp(page);
  for (const path of ["/account", "/account/keys", "/device"]) await expectToFitPhone(page, path);
});
