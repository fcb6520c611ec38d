import { Client } from "pg";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { routes } from "../../lib/routes";
import { launchBrowser } from "../../scripts/lib/chromium";
import { signUp } from "../../scripts/stack/sign-up";
import { type FullStack, startFullStack } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { watchTraffic } from "../fixtures/browser";
import { type MailServer, startMailServer } from "../fixtures/mail-server";
import { type OAuthServer, startOAuthServer } from "../fixtures/oauth-server";
import { signUpByRequest } from "../fixtures/sign-up-by-request";

/** The account page in a real browser, with a mail server and two other sites for sign-in. */

const PASSWORD = "correct-horse-battery";
const NEW_PASSWORD = "another-horse-battery";
/** The button also names what else is deleted: in the demo, the tasks. */
const DELETE = /^Delete my account and /;
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

let stack: FullStack;
let mail: MailServer;
let other: OAuthServer;
let browser: Browser;
let sql: Client;
let context: BrowserContext;
let page: Page;
let people = 0;

beforeAll(async () => {
  [mail, other] = await Promise.all([startMailServer(), startOAuthServer()]);
  stack = await startFullStack({ gate: { ...mail.env, ...other.env } });
  browser = await launchBrowser(other.browserArgs);
  sql = new Client({ connectionString: stack.databaseUrl });
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await browser?.close();
  await stack?.stop();
  await other?.stop();
  await mail?.stop();
});
beforeEach(async () => {
  await sql.query(`delete from "rateLimit"`);
  context = await browser.newContext({ baseURL: stack.origin, ignoreHTTPSErrors: true });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  return () => context.close();
});

/** Signs up, confirms the email, and opens the account page. Returns the email. */
async function openAccount(): Promise<string> {
  const email = await signUpByRequest(page, stack.origin);
  expect((await page.request.get((await mail.next(email)).link)).status()).toBe(200);
  await page.goto("/account");
  await page.getByRole("heading", { name: "Account", exact: true }).waitFor();
  return email;
}

const section = (name: string) => page.getByRole("region", { name });
const says = (name: string, text: string | RegExp) => section(name).getByText(text).waitFor();

async function signInElsewhere(email: string): Promise<Visitor> {
  const visitor = new Visitor(stack.origin);
  const response = await visitor.post(
    "/api/auth/sign-in/email",
    { email, password: PASSWORD },
    { "user-agent": FIREFOX },
  );
  expect(response.status).toBe(200);
  return visitor;
}

it("a new user confirms the email address and opens the account page", async () => {
  const email = await signUp(page);
  await page.goto((await mail.next(email)).link);
  await page.getByRole("heading", { name: "Your email is confirmed" }).waitFor();
  await page.getByRole("link", { name: "Go to your account" }).click();
  await page.getByRole("heading", { name: "Account", exact: true }).waitFor();
});

it("the name can be changed, and an invalid name shows an error", async () => {
  await openAccount();
  const name = section("Name").getByLabel("Name");
  expect(await name.inputValue()).toBe("Ada");
  await name.fill("   ");
  await section("Name").getByRole("button", { name: "Save name" }).click();
  await says("Name", "Enter your name.");
  expect(await name.getAttribute("aria-invalid")).toBe("true");
  await name.fill("Ada Lovelace");
  await section("Name").getByRole("button", { name: "Save name" }).click();
  await says("Name", "Saved. Your name is Ada Lovelace.");
  await page.reload();
  expect(await section("Name").getByLabel("Name").inputValue()).toBe("Ada Lovelace");
  expect(await (await page.request.get("/backend/api/me")).json()).toMatchObject({ name: "Ada Lovelace" });
});

describe("an email", () => {
  it("changes after two links have been opened", async () => {
    const email = await openAccount();
    await section("Email").getByLabel("New email").fill(`new-${email}`);
    await section("Email").getByLabel("Your password").fill("wrong-password");
    await section("Email").getByRole("button", { name: "Change email" }).click();
    await says("Email", "This is not your current password.");
    // The form keeps what was typed.
    expect(await section("Email").getByLabel("New email").inputValue()).toBe(`new-${email}`);

    await section("Email").getByLabel("Your password").fill(PASSWORD);
    await section("Email").getByRole("button", { name: "Change email" }).click();
    await says("Email", /^Nothing has changed yet\. We have sent a link to/);
    await page.goto((await mail.next(email)).link);
    await page.getByRole("heading", { name: "One more step" }).waitFor();
    await page.goto((await mail.next(`new-${email}`)).link);
    await page.getByRole("heading", { name: "Your email has changed" }).waitFor();
    await page.goto("/account");
    await says("Email", `new-${email}`);
  });

  it("can be confirmed from the account page", async () => {
    const email = `ada-${++people}@example.com`;
    await new Visitor(stack.origin).signUp(email);
    await mail.next(email);
    await page.goto("/login?next=%2Faccount");
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await says("Email", "not yet confirmed");
    await section("Email").getByRole("button", { name: "Send a confirmation link" }).click();
    await says("Email", /^We have sent a link to/);
    await page.goto((await mail.next(email)).link);
    await page.goto("/account");
    await says("Email", /, confirmed$/);
  });
});

it("changing the password signs out the other devices", async () => {
  const email = await openAccount();
  await signInElsewhere(email);
  await page.reload();
  await says("Devices", "Firefox on Linux");
  await section("Password").getByLabel("Current password").fill("wrong-password");
  await section("Password").getByLabel("New password").fill(NEW_PASSWORD);
  await section("Password").getByRole("button", { name: "Change password" }).click();
  await says("Password", "This is not your current password.");
  expect(await section("Password").getByLabel("New password").inputValue()).toBe(NEW_PASSWORD);
  await section("Password").getByLabel("Current password").fill(PASSWORD);
  await section("Password").getByRole("button", { name: "Change password" }).click();
  await says("Password", "Your password is changed. All other devices are signed out.");
  await section("Devices").getByText("Firefox on Linux").waitFor({ state: "detached" });
  await says("Devices", "This device, in use now");
});

describe("the list of devices", () => {
  it("marks this device and can sign out another", async () => {
    const email = await openAccount();
    await signInElsewhere(email);
    await sql.query(`update session set "updatedAt" = now() - interval '5 days' where "userAgent" = $1`, [
      FIREFOX,
    ]);
    await page.reload();
    const rows = section("Devices").getByRole("listitem");
    await expect.poll(() => rows.count()).toBe(2);
    expect(await rows.nth(0).textContent()).toMatch(/^Chrome on Linux\s*This device, in use now$/);
    expect(await rows.nth(1).textContent()).toMatch(
      /^Firefox on Linux\s*Last used about 5 days ago\s*Sign out$/,
    );
    await section("Devices").getByRole("button", { name: "Sign out Firefox on Linux" }).click();
    await says("Devices", "Firefox on Linux is signed out.");
    await expect.poll(() => rows.count()).toBe(1);
    const { rows: left } = await sql.query(
      `select 1 from session join "user" on "user".id = "userId" where email = $1`,
      [email],
    );
    expect(left).toHaveLength(1);
  });

  it("can sign out all other devices", async () => {
    const email = await openAccount();
    await signInElsewhere(email);
    await signInElsewhere(email);
    await page.reload();
    await section("Devices").getByRole("button", { name: "Sign out all other devices" }).click();
    await says("Devices", "All other devices are signed out.");
    await expect.poll(() => section("Devices").getByRole("listitem").count()).toBe(1);
    await page.reload();
    await says("Devices", "This device, in use now");
  });

  it("shows no session token to scripts of the page", async () => {
    const traffic = watchTraffic(page);
    const email = await openAccount();
    await signInElsewhere(email);
    await page.reload();
    await section("Devices").getByRole("button", { name: "Sign out Firefox on Linux" }).click();
    await says("Devices", "Firefox on Linux is signed out.");
    const { rows } = await sql.query(`select token from session`);
    const readable = await traffic.all();
    expect(readable.some(({ text }) => text.includes("Firefox on Linux"))).toBe(true);
    const leaks = readable.filter(({ text }) => rows.some(({ token }) => text.includes(token)));
    expect(leaks.map(({ where }) => where)).toEqual([]);
  });
});

it("a forgotten password can be replaced once with each link", async () => {
  const email = await openAccount();
  await context.clearCookies();
  await page.goto("/login");
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.waitForURL("**/forgot-password");
  await page.getByLabel("Email").fill(email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.getByText(`If there is an account with ${email}, we have sent a link to it.`).waitFor();
  const { link } = await mail.next(email);

  await page.goto(link);
  await page.getByLabel("New password").fill("short");
  await page.getByRole("button", { name: "Save the new password" }).click();
  await page.getByText("Choose a password of at least 8 characters.").waitFor();
  await page.getByLabel("New password").fill(NEW_PASSWORD);
  await page.getByRole("button", { name: "Save the new password" }).click();
  await page.getByText("Your new password is saved. Sign in with it.").waitFor();
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(NEW_PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(`**${routes.home}`);

  await page.goto(link);
  await page.getByText("It was used already").waitFor();
  expect(await page.getByLabel("New password").count()).toBe(0);
});

it("an account can be deleted with the password", async () => {
  const email = await openAccount();
  await page.getByRole("button", { name: "Delete my account" }).click();
  const form = section("Delete account");
  await form.getByLabel("Your password").fill("wrong-password");
  await form.getByRole("button", { name: DELETE }).click();
  await says("Delete account", "This is not your current password.");
  await form.getByLabel("Your password").fill(PASSWORD);
  await form.getByRole("button", { name: DELETE }).click();
  await page.getByRole("heading", { name: "Your account is deleted" }).waitFor();
  expect((await context.cookies()).filter(({ name }) => name.includes("session"))).toEqual([]);
  await page.goto("/account");
  expect(new URL(page.url()).pathname).toBe("/login");
  expect((await new Visitor(stack.origin).signIn(email)).status).toBe(401);
});

describe("the keyboard focus is kept", () => {
  /** The name of the element that has the focus. */
  const focused = () =>
    page.evaluate(() => {
      const { activeElement: element } = document;
      if (element instanceof HTMLInputElement) return element.labels?.[0]?.textContent;
      return (
        element?.getAttribute("aria-label") ??
        (element instanceof HTMLButtonElement ? element.textContent : element?.tagName)
      );
    });
  const expectFocus = (name: string | RegExp) =>
    typeof name === "string" ? expect.poll(focused).toBe(name) : expect.poll(focused).toMatch(name);

  async function press(region: string, button: string): Promise<void> {
    await section(region).getByRole("button", { name: button, exact: true }).focus();
    await page.keyboard.press("Enter");
  }

  it("while a form is being sent, and a second press sends nothing", async () => {
    await openAccount();
    let sent = 0;
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await page.route("**/api/auth/update-user", async (route) => {
      sent += 1;
      await held;
      await route.continue();
    });
    await press("Name", "Save name");
    await expect.poll(() => sent).toBe(1);
    await expectFocus("Save name");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Space");
    await page.keyboard.press("Shift+Tab");
    await expectFocus("Name");
    await page.keyboard.press("Enter");
    letGo();
    await says("Name", "Saved. Your name is Ada.");
    await expectFocus("Name");
    expect(sent).toBe(1);
  });

  it("when one device is signed out, and when all others are", async () => {
    const email = await openAccount();
    await signInElsewhere(email);
    await page.reload();
    const rows = section("Devices").getByRole("listitem");
    await press("Devices", "Sign out Firefox on Linux");
    await expect.poll(() => rows.count()).toBe(1);
    await expectFocus("UL");

    await signInElsewhere(email);
    await signInElsewhere(email);
    await page.reload();
    await press("Devices", "Sign out all other devices");
    await expect.poll(() => rows.count()).toBe(1);
    await expectFocus("UL");
  });

  it("when the deletion of the account is started and cancelled", async () => {
    await openAccount();
    await press("Delete account", "Delete my account");
    await expectFocus("Your password");
    await page.keyboard.press("Tab");
    await expectFocus(DELETE);
    await page.keyboard.press("Tab");
    await expectFocus("Keep my account");
    await page.keyboard.press("Enter");
    await expectFocus("Delete my account");
  });

  it("away from the button that deletes an account without a password", async () => {
    other.signInAs({ id: ++people, name: "Octo", email: `octo-${people}@example.com`, emailVerified: true });
    await page.goto("/account");
    await page.getByRole("button", { name: "Continue with GitHub" }).click();
    await page.getByRole("link", { name: "Allow" }).click();
    await page.waitForURL(`${stack.origin}/account`);
    await press("Delete account", "Delete my account");
    await expectFocus("Keep my account");
    await page.keyboard.press("Enter");
    await expectFocus("Delete my account");
  });
});

it("a form shows that an email could not be sent, and keeps what was typed", async () => {
  await mail.stop();
  try {
    await page.goto("/forgot-password");
    await page.getByLabel("Email").fill("ada@example.com");
    await page.getByRole("button", { name: "Send the link" }).click();
    await page.locator("form").getByRole("alert").waitFor();
    expect(await page.locator("form").getByRole("alert").textContent()).toContain("could not be sent");
    expect(await page.getByLabel("Email").inputValue()).toBe("ada@example.com");
  } finally {
    await mail.restart();
  }
});

describe.each([
  ["GitHub", "github.com"],
  ["Google", "accounts.google.com"],
])("a sign-in with %s", (site, host) => {
  it("returns to the requested page and creates an account without a password", async () => {
    const email = `octo-${++people}@example.com`;
    other.signInAs({ id: people, name: "Octo", email, emailVerified: true });
    await page.goto("/account");
    await page.getByRole("button", { name: `Continue with ${site}` }).click();
    await page.waitForURL(`https://${host}/**`);
    await page.getByRole("link", { name: "Allow" }).click();
    await page.waitForURL(`${stack.origin}/account`);
    await says("Email", email);
    await says("Password", `You sign in with ${site} and have no password.`);
    await section("Password").getByRole("button", { name: "Send a link to choose a password" }).click();
    await says("Password", /^We have sent a link to/);
    expect((await mail.next(email)).subject).toBe("Choose a new password");
  });

  it("shows that nothing has changed if the visitor denies access", async () => {
    await page.goto("/login");
    await page.getByRole("button", { name: `Continue with ${site}` }).click();
    await page.waitForURL(`https://${host}/**`);
    await page.getByRole("link", { name: "Deny" }).click();
    await page.getByText("You did not allow the other site to share your identity.").waitFor();
  });
});

it("the account page fits a phone and violates no Content Security Policy", async () => {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.message}`));
  await page.setViewportSize({ width: 390, height: 844 });
  await openAccount();
  const paths = [
    "/account",
    "/forgot-password",
    "/reset-password?token=x",
    "/verify-email?error=x",
    "/account-deleted",
  ];
  for (const path of paths) {
    await page.goto(path);
    await page.waitForLoadState("networkidle");
    expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(390);
  }
  expect(complaints).toEqual([]);
});
