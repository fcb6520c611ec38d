import { randomUUID } from "node:crypto";
import type { Page } from "playwright-core";

/** Signs a new visitor up by the form, and gives their address. The page ends on the dashboard. */
export async function signUp(page: Page, email = `${randomUUID()}@example.com`): Promise<string> {
  await page.goto("/signup");
  await page.getByLabel("Name").fill("Ada");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("correct-horse-battery");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.waitForURL("**/dashboard");
  return email;
}
