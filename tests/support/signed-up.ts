import { randomUUID } from "node:crypto";
import type { Page } from "playwright-core";

/**
 * Signs up a new user with the form and returns the email address. The page is then the dashboard.
 */
export async function signUp(page: Page, email = `${randomUUID()}@example.com`): Promise<string> {
  await page.goto("/signup");
  await page.getByLabel("Name").fill("Ada");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("correct-horse-battery");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL("**/dashboard");
  return email;
}
