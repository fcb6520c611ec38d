import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser } from "../../scripts/lib/chromium";
import { type FullStack, startFullStack } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";

/** `/dev/gate` in `next dev`, in a browser. */

let stack: FullStack;
let browser: Browser;
let page: Page;
let member: Visitor;
let guest: Visitor;
const pageErrors: string[] = [];

beforeAll(async () => {
  [stack, browser] = await Promise.all([
    startFullStack({ dev: true, distDir: ".next-inspector" }),
    launchBrowser(),
  ]);
  guest = new Visitor(stack.origin);
  member = new Visitor(stack.origin);
  await member.signUp("ada@example.com");
  page = await browser.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") pageErrors.push(message.text());
  });
  page.on("pageerror", (error) => pageErrors.push(error.message));
  await member.fetch("/backend/api/before");
  await page.goto(`${stack.origin}/dev/gate`);
  await page.getByText("Live", { exact: true }).waitFor();
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

const rows = () => page.getByRole("list", { name: "Events" }).getByRole("listitem");
const rowOf = (path: string) => rows().filter({ hasText: path }).first();

it("/dev/gate shows the events from before it was opened, and new events", async () => {
  await rowOf("/backend/api/before").waitFor();
  await member.fetch("/backend/api/tasks");
  const row = rowOf("/backend/api/tasks");
  await row.getByText("200").waitFor();
  expect(await row.textContent()).toMatch(/GET.*backend.*(memory|cookie).*\d+ s.*forwarded 200.* ms/);
  const steps = await row.getByRole("img").getAttribute("aria-label");
  expect(steps).toMatch(/^session .* ms, decide .* ms, mint .* ms, forward .* ms$/);
});

it("/dev/gate shows the reason of a refusal", async () => {
  await guest.fetch("/backend/api/refused");
  const row = rowOf("/backend/api/refused");
  await row.getByText("401", { exact: true }).waitFor();
  expect(await row.textContent()).toMatch(
    /The request has no session cookie\. A script cannot use a redirect/,
  );
  await row.locator("summary").click();
  await row.getByText("gate_signed_out").waitFor();
});

it("/dev/gate filters the events by text and by outcome", async () => {
  await page.getByLabel("Filter").fill("refused 401");
  await expect.poll(() => rows().count()).toBe(1);
  await page.getByLabel("Filter").fill("");
  await page.getByLabel("Outcome").selectOption("forwarded");
  await expect.poll(() => rowOf("/backend/api/refused").count()).toBe(0);
  await page.getByLabel("Outcome").selectOption("");
});

it("/dev/gate keeps new events for later while it is paused", async () => {
  await page.getByRole("button", { name: "Pause" }).click();
  await member.fetch("/backend/api/meanwhile");
  await page.getByText("Paused, 1 waiting").waitFor();
  expect(await rowOf("/backend/api/meanwhile").count()).toBe(0);
  await page.getByRole("button", { name: "Resume" }).click();
  await rowOf("/backend/api/meanwhile").waitFor();
});

it("/dev/gate shows no personal data and no secret, and logs no error", async () => {
  await member.fetch("/backend/users/ada@example.com?key=hunter2");
  await rowOf("/backend/users/").waitFor();
  const html = await page.content();
  const sessionToken = [...member.cookies.values()].map((value) => decodeURIComponent(value).split(".")[0]);
  for (const secret of ["ada@", "hunter2", ...sessionToken]) expect(html).not.toContain(secret);
  expect(html).not.toMatch(/eyJ[\w-]{8,}\./);
  expect(pageErrors).toEqual([]);
});

it("/dev/gate and /dev/mail link to each other", async () => {
  await page.getByRole("link", { name: "Mail" }).click();
  await page.getByRole("heading", { name: "Mail", exact: true }).waitFor();
  await page.getByRole("link", { name: "Gate events" }).click();
  await page.getByText("Live", { exact: true }).waitFor();
});
