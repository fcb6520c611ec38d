import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { launchBrowser } from "../../scripts/lib/chromium";
import { signUp } from "../../scripts/stack/sign-up";
import { type FullStack, startFullStack } from "../../scripts/stack/test-stack";
import { findProblems } from "../fixtures/axe";

/** The page of API keys, and the page on which a user signs in a device, by keyboard. */

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
  page = await browser.newPage({ baseURL: stack.origin, reducedMotion: "reduce" });
  page.setDefaultTimeout(30_000);
  await signUp(page);
});
afterEach(() => page.close());

const expectNoProblems = async () => expect(await findProblems(page)).toEqual([]);
const focused = () => page.evaluate(() => document.activeElement?.textContent);
const callWith = (credential: string) =>
  fetch(`${stack.origin}/backend/api/tasks`, { headers: { authorization: `Bearer ${credential}` } });

it("a key is created, shown once, listed and revoked", async () => {
  await page.goto("/account");
  await page.getByRole("link", { name: "Manage API keys" }).click();
  await page.getByText("You have no keys.").waitFor();
  await expectNoProblems();

  await page.getByRole("button", { name: "Create key" }).press("Enter");
  await page.getByText("Choose at least one.").waitFor();
  expect(await page.getByLabel("Key name").evaluate((input) => input === document.activeElement)).toBe(true);
  await expectNoProblems();

  await page.getByLabel("Key name").fill("Nightly job");
  await page.getByRole("checkbox", { name: "Read your tasks" }).press("Space");
  await page.getByLabel("Expires after").selectOption("7 days");
  await page.getByLabel("Your password").fill("wrong-password");
  await page.keyboard.press("Enter");
  await page.getByText("This is not your current password.").waitFor();
  await page.getByLabel("Your password").fill("correct-horse-battery");
  await page.keyboard.press("Enter");
  const key = await page.getByLabel("Your new key").inputValue();
  expect((await callWith(key)).status).toBe(200);
  await page.getByRole("listitem").filter({ hasText: "Nightly job" }).waitFor();
  await page.getByText(/^Expires in 7 days/).waitFor();
  await expectNoProblems();
  await page.getByRole("button", { name: "Copy" }).press("Enter");
  await page
    .getByRole("status")
    .filter({ hasText: /Copied|selected/ })
    .waitFor();

  await page.reload();
  await page.getByText("Nightly job").waitFor();
  expect(await page.getByLabel("Your new key").count()).toBe(0);
  expect(await page.content()).not.toContain(key);

  await page.getByRole("button", { name: "Revoke Nightly job" }).press("Enter");
  await page.getByText("Nightly job is revoked.").waitFor();
  await page.getByText("You have no keys.").waitFor();
  await expectNoProblems();
});

const PROGRAM = { "user-agent": "gatehouse-cli/1.0 (Linux; laptop)" };

async function startDeviceSignIn(): Promise<{ user_code: string; device_code: string }> {
  const response = await fetch(`${stack.origin}/api/auth/device/code`, {
    method: "POST",
    headers: PROGRAM,
    body: new URLSearchParams({ client_id: "gatehouse-cli" }),
  });
  return response.json();
}

async function requestToken(device_code: string) {
  const grant_type = "urn:ietf:params:oauth:grant-type:device_code";
  const response = await fetch(`${stack.origin}/api/auth/device/token`, {
    method: "POST",
    headers: PROGRAM,
    body: new URLSearchParams({ grant_type, device_code, client_id: "gatehouse-cli" }),
  });
  return response.json();
}

it("a user sees which program requests the sign-in, and approves it", async () => {
  const { user_code, device_code } = await startDeviceSignIn();
  await page.goto("/device");
  await expectNoProblems();
  await page.getByRole("button", { name: "Continue" }).press("Enter");
  await page.getByText("Enter the code that your device shows.").waitFor();
  await page.getByLabel("Code").fill("AAAAAAAA");
  await page.keyboard.press("Enter");
  await page.getByText("No sign-in has this code.").waitFor();
  await expectNoProblems();

  await page.getByLabel("Code").fill(`${user_code.slice(0, 4)}-${user_code.slice(4)}`.toLowerCase());
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /^Sign in Gatehouse CLI as / }).waitFor();
  await expect.poll(focused).toMatch(/^Sign in Gatehouse CLI as /);
  await page.getByText("gatehouse-cli/1.0 (Linux; laptop)").waitFor();
  await page.getByText("Approve only if you have started this yourself").waitFor();
  await expectNoProblems();

  await page.getByRole("button", { name: "Approve" }).press("Enter");
  await page.getByText(/is signed in as/).waitFor();
  await expect.poll(focused).toBe("Done");
  await expectNoProblems();
  const { access_token } = await requestToken(device_code);
  expect((await callWith(access_token)).status).toBe(200);
  await page.goto("/account");
  await page.getByText("Gatehouse CLI on Linux").waitFor();
});

it("a user denies a sign-in whose code is in the address, and nothing happens before that", async () => {
  const { user_code, device_code } = await startDeviceSignIn();
  await page.context().clearCookies();
  await page.goto(`/device?user_code=${user_code}`);
  await page.waitForURL(/\/login\?next=/);
  expect(new URL(page.url()).searchParams.get("next")).toBe(`/device?user_code=${user_code}`);
  await signUp(page);
  await page.goto(`/device?user_code=${user_code}`);
  expect(await page.getByLabel("Code").inputValue()).toBe(user_code);
  expect(await requestToken(device_code)).toMatchObject({ error: "authorization_pending" });
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Deny" }).press("Enter");
  await page.getByText("Denied. The device is not signed in.").waitFor();
});
