import { SignJWT } from "jose";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { parseEnv } from "../../lib/env";
import { identityOf } from "../../lib/token/contract";
import { createMinter } from "../../lib/token/mint";
import { AUTH_SECRET } from "../../scripts/stack/signing";
import { type FullStack, testEnv } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { MAIN_BACKEND_UNREACHABLE } from "../fixtures/account-deletion";
import type { MailServer } from "../fixtures/mail-server";
import { type MailStack, startMailStack } from "../fixtures/mail-stack";

/**
 * Accounts and the ways to sign in, with a real Postgres, a real FastAPI and a real mail server.
 */

const PASSWORD = "correct-horse-battery";
const NEW_PASSWORD = "another-horse-battery";

let started: MailStack;
let stack: FullStack;
let mail: MailServer;
let sql: Client;
let people = 0;

beforeAll(async () => {
  // 0: every session check is a database lookup.
  started = await startMailStack({ SESSION_MAX_STALE_SECONDS: "0" });
  ({ stack, mail, sql } = started);
});
afterAll(() => started?.stop());
beforeEach(() => started.resetRateLimits());

interface Member {
  visitor: Visitor;
  email: string;
}

async function signUp({ confirmed = true } = {}): Promise<Member> {
  const email = `member-${++people}@example.com`;
  const visitor = new Visitor(stack.origin);
  await visitor.signUp(email, "Member", PASSWORD);
  const { link } = await mail.next(email);
  if (confirmed) await follow(visitor, link);
  return { visitor, email };
}

/** Follows a link of an email. Returns the path and query of the redirect. */
async function follow(visitor: Visitor, link: string): Promise<string> {
  const { origin, pathname, search } = new URL(link);
  expect(origin).toBe(stack.origin);
  const response = await visitor.fetch(pathname + search);
  expect(response.status).toBe(302);
  const to = new URL(response.headers.get("location") ?? "", stack.origin);
  return to.pathname + to.search;
}

const forget = (email: string, visitor = new Visitor(stack.origin)) =>
  visitor.post("/api/auth/request-password-reset", { email });

async function resetToken(email: string): Promise<string> {
  expect((await forget(email)).status).toBe(200);
  const landing = await follow(new Visitor(stack.origin), (await mail.next(email)).link);
  expect(landing).toMatch(/^\/reset-password\?token=\w{24}$/);
  return landing.split("=")[1] ?? "";
}

const reset = (token: string, newPassword = NEW_PASSWORD) =>
  new Visitor(stack.origin).post("/api/auth/reset-password", { token, newPassword });

const signInStatus = async (email: string, password: string) =>
  (await new Visitor(stack.origin).signIn(email, password)).status;

async function userRow(email: string) {
  const { rows } = await sql.query(`select name, "emailVerified" from "user" where email = $1`, [email]);
  return rows[0] as { name: string; emailVerified: boolean } | undefined;
}

/** FastAPI's response about a user's tasks. For a deleted user it is a refusal. */
async function tasksAtBackend(userId: string): Promise<unknown> {
  const { jwt: config } = parseEnv(testEnv({}));
  const mint = createMinter(config, () => crypto.randomUUID());
  const { jwt } = await mint(identityOf({ id: userId, email: "x@example.com", name: "X" }, { id: "x" }), {
    issuedAt: Date.now(),
  });
  const response = await fetch(`${stack.backendUrl}/api/tasks`, {
    headers: { authorization: `Bearer ${jwt}` },
  });
  return response.json();
}

const codeOf = async (response: Response) => ((await response.json()) as { code?: string }).code;

describe("a forgotten password", () => {
  it("is replaced through the link in an email, which ends every session and revokes every key", async () => {
    const { visitor, email } = await signUp();
    const key = { name: "CI", scope: "tasks:read", days: 1, password: PASSWORD };
    expect((await visitor.post("/api/auth/api-key/create", key)).status).toBe(200);
    const body = new URLSearchParams({ client_id: "gatehouse-cli" });
    const device = await fetch(`${stack.origin}/api/auth/device/code`, { method: "POST", body });
    const { user_code } = await device.json();
    expect((await visitor.fetch(`/api/auth/device?user_code=${user_code}`)).status).toBe(200);
    const token = await resetToken(email);
    expect((await reset(token)).status).toBe(200);
    expect(await signInStatus(email, PASSWORD)).toBe(401);
    expect(await signInStatus(email, NEW_PASSWORD)).toBe(200);
    expect((await visitor.fetch("/backend/api/tasks")).status).toBe(401);
    const { rows } = await sql.query(
      `select k.id from "apiKey" k join "user" u on u.id = k."userId" where u.email = $1`,
      [email],
    );
    expect(rows).toEqual([]);
    const { rows: codes } = await sql.query('select id from "deviceCode" where "userCode" = $1', [user_code]);
    expect(codes).toEqual([]);
  });

  it("has a link that works once", async () => {
    const { email } = await signUp();
    const token = await resetToken(email);
    expect((await reset(token)).status).toBe(200);
    const again = await reset(token, "a-third-horse-battery");
    expect([again.status, await codeOf(again)]).toEqual([400, "INVALID_TOKEN"]);
    expect(await signInStatus(email, NEW_PASSWORD)).toBe(200);
  });

  it("has a link that works for an hour", async () => {
    const { email } = await signUp();
    const token = await resetToken(email);
    const { rows } = await sql.query(
      `select extract(epoch from "expiresAt" - now()) as life from verification where identifier = $1`,
      [`reset-password:${token}`],
    );
    expect(Number(rows[0].life)).toBeGreaterThan(3500);
    expect(Number(rows[0].life)).toBeLessThanOrEqual(3600);
    await sql.query(
      `update verification set "expiresAt" = now() - interval '1 second' where identifier = $1`,
      [`reset-password:${token}`],
    );
    expect(await codeOf(await reset(token))).toBe("INVALID_TOKEN");
    expect(await signInStatus(email, PASSWORD)).toBe(200);
  });

  it("does not reveal who has an account", async () => {
    const { email } = await signUp();
    const unknown = await forget("nobody@example.com");
    const known = await forget(email);
    expect(unknown.status).toBe(200);
    expect(await unknown.text()).toBe(await known.text());
    await mail.next(email);
    expect(mail.received.filter(({ to }) => to === "nobody@example.com")).toEqual([]);
  });

  it("has a response before the email is sent, so that the response time reveals nothing either", async () => {
    const { email } = await signUp();
    const release = mail.hold();
    try {
      const before = performance.now();
      expect((await forget(email)).status).toBe(200);
      // A response that waited for the message would come when the mail client gives up: after 8 s.
      expect(performance.now() - before).toBeLessThan(6_000);
    } finally {
      release();
    }
    await mail.next(email);
  });

  it("leads to the app's page, whatever page the request contains", async () => {
    const { email } = await signUp();
    const visitor = new Visitor(stack.origin);
    await visitor.post("/api/auth/request-password-reset", { email, redirectTo: "/tasks" });
    expect(await follow(visitor, (await mail.next(email)).link)).toMatch(/^\/reset-password\?token=/);
  });
});

describe("while the mail server is down", () => {
  it("the response is an error, and is the same for every address", async () => {
    const { visitor, email } = await signUp();
    await mail.stop();
    try {
      const [known, unknown] = [await forget(email), await forget("nobody@example.com")];
      expect([known.status, unknown.status]).toEqual([503, 503]);
      const said = await known.json();
      expect(said).toMatchObject({ code: "MAIL_NOT_SENT", message: expect.stringContaining("Try again") });
      expect(await unknown.json()).toEqual(said);
      const change = { newEmail: "elsewhere@example.com", password: PASSWORD };
      expect(await codeOf(await visitor.post("/api/auth/change-email", change))).toBe("MAIL_NOT_SENT");
    } finally {
      await mail.restart();
    }
  });

  it("people can sign up, and request the email later", async () => {
    await mail.stop();
    const email = `member-${++people}@example.com`;
    const visitor = new Visitor(stack.origin);
    try {
      await visitor.signUp(email, "Member", PASSWORD);
    } finally {
      await mail.restart();
    }
    expect((await visitor.post("/api/auth/send-verification-email", { email })).status).toBe(200);
    await follow(visitor, (await mail.next(email)).link);
    expect(await userRow(email)).toMatchObject({ emailVerified: true });
  });
});

describe("an email address", () => {
  it("is confirmed by the link that a sign-up sends", async () => {
    const { visitor, email } = await signUp({ confirmed: false });
    expect(await userRow(email)).toMatchObject({ emailVerified: false });
    await visitor.post("/api/auth/send-verification-email", { email });
    const { from, subject, link } = await mail.next(email);
    expect([from, subject]).toEqual(["Gatehouse <no-reply@gatehouse.example>", "Confirm your email address"]);
    expect(await follow(new Visitor(stack.origin), link)).toBe("/verify-email?done=confirmed");
    expect(await userRow(email)).toMatchObject({ emailVerified: true });
  });

  it("is not confirmed by a link that has expired, and the page explains this", async () => {
    const { email } = await signUp({ confirmed: false });
    const token = await new SignJWT({ email })
      .setProtectedHeader({ alg: "HS256" })
      .setExpirationTime(Math.floor(Date.now() / 1000) - 60)
      .sign(new TextEncoder().encode(AUTH_SECRET));
    const callback = encodeURIComponent("/verify-email?done=confirmed");
    const link = `${stack.origin}/api/auth/verify-email?token=${token}&callbackURL=${callback}`;
    const landing = await follow(new Visitor(stack.origin), link);
    expect(landing).toBe("/verify-email?done=confirmed&error=TOKEN_EXPIRED");
    expect(await userRow(email)).toMatchObject({ emailVerified: false });
    const page = await (await new Visitor(stack.origin).fetch(landing)).text();
    expect(page).toContain("older than an hour");
    expect(page).not.toContain("Your email is confirmed");
  });

  it.each(["/verify-email?done=", "/verify-email?error=", "/login?error="])(
    "%s with an unknown code shows a general text",
    async (address) => {
      for (const code of ["x", "constructor", "__proto__"]) {
        const response = await new Visitor(stack.origin).fetch(address + code);
        expect(response.status).toBe(200);
        expect(await response.text()).toMatch(
          /This link does not work|The sign-in through the other site failed/,
        );
      }
    },
  );

  it("no email is sent to it for a visitor who is signed out", async () => {
    const { email } = await signUp({ confirmed: false });
    const response = await new Visitor(stack.origin).post("/api/auth/send-verification-email", { email });
    expect(response.status).toBe(401);
  });

  it("that its mail server refuses is an error for its owner", async () => {
    const email = `member-${++people}@refused.example`;
    const visitor = new Visitor(stack.origin);
    await visitor.signUp(email, "Member", PASSWORD);
    const response = await visitor.post("/api/auth/send-verification-email", { email });
    expect([response.status, await codeOf(response)]).toEqual([503, "MAIL_NOT_SENT"]);
  });
});

describe("a change of email", () => {
  const change = ({ visitor }: Member, newEmail: string, password = PASSWORD) =>
    visitor.post("/api/auth/change-email", { newEmail, password });

  it("is approved at the old address and confirmed at the new one", async () => {
    const member = await signUp();
    const newEmail = `new-${member.email}`;
    expect((await change(member, newEmail)).status).toBe(200);
    const approval = await mail.next(member.email);
    expect(approval.text).toContain(newEmail);
    expect(await follow(member.visitor, approval.link)).toBe("/verify-email?done=approved");
    expect(await userRow(newEmail)).toBeUndefined();
    const confirmation = await mail.next(newEmail);
    expect(await follow(member.visitor, confirmation.link)).toBe("/verify-email?done=changed");
    expect(await userRow(newEmail)).toMatchObject({ emailVerified: true });
    expect(await signInStatus(newEmail, PASSWORD)).toBe(200);
    expect(await signInStatus(member.email, PASSWORD)).toBe(401);
    // The link has been used.
    expect(await follow(member.visitor, confirmation.link)).toMatch(/error=INVALID_TOKEN$/);
  });

  it("from an address that was never confirmed is confirmed at the new one alone", async () => {
    const member = await signUp({ confirmed: false });
    const newEmail = `new-${member.email}`;
    expect((await change(member, newEmail)).status).toBe(200);
    const { link } = await mail.next(newEmail);
    expect(await userRow(newEmail)).toBeUndefined();
    expect(await follow(member.visitor, link)).toBe("/verify-email?done=changed");
    expect(await userRow(newEmail)).toBeDefined();
  });

  it("does not reveal whether another account has the new address", async () => {
    const [member, other] = [await signUp(), await signUp()];
    const taken = await change(member, other.email);
    const free = await change(member, `new-${member.email}`);
    expect([taken.status, await taken.text()]).toEqual([free.status, await free.text()]);
    await mail.next(member.email);
    expect(mail.received.filter(({ text }) => text.includes(other.email))).toEqual([]);
  });

  it("requires the password", async () => {
    const member = await signUp();
    for (const password of ["", "wrong-password", "x".repeat(10_000)]) {
      const response = await change(member, "thief@example.com", password);
      expect([response.status, await codeOf(response)]).toEqual([400, "INVALID_PASSWORD"]);
    }
    expect(mail.received.filter(({ to }) => to === "thief@example.com")).toEqual([]);
  });
});

describe("a link that is opened by a person", () => {
  /** Opens a link as a browser does. Returns the path of the final page and its text. */
  async function open(visitor: Visitor, link: string): Promise<{ at: string; text: string }> {
    const { pathname, search } = new URL(link, stack.origin);
    const headers = { accept: "text/html,*/*;q=0.8", "sec-fetch-dest": "document" };
    const response = await visitor.fetch(pathname + search, { headers });
    const location = response.headers.get("location");
    if (location === null) {
      expect(response.headers.get("content-type"), link).toMatch(/^text\/html/);
      return { at: pathname, text: await response.text() };
    }
    const to = new URL(location, stack.origin);
    expect(to.origin).toBe(stack.origin);
    const page = await visitor.fetch(to.pathname + to.search, { headers });
    expect([page.status, page.headers.get("content-type")]).toEqual([
      200,
      expect.stringMatching(/^text\/html/),
    ]);
    return { at: to.pathname + to.search, text: await page.text() };
  }

  const NOT_WORKING = /This link does not work|This link has been used already/;

  /** One function for each kind of link. Each creates its own member. */
  const links: Record<string, () => Promise<Member & { link: string }>> = {
    "to confirm": async () => {
      const member = await signUp({ confirmed: false });
      await member.visitor.post("/api/auth/send-verification-email", { email: member.email });
      return { ...member, link: (await mail.next(member.email)).link };
    },
    "to approve a change": async () => {
      const member = await signUp();
      const change = { newEmail: `new-${member.email}`, password: PASSWORD };
      await member.visitor.post("/api/auth/change-email", change);
      return { ...member, link: (await mail.next(member.email)).link };
    },
    "to use a new address": async () => {
      const member = await signUp({ confirmed: false });
      const change = { newEmail: `new-${member.email}`, password: PASSWORD };
      await member.visitor.post("/api/auth/change-email", change);
      return { ...member, link: (await mail.next(change.newEmail)).link };
    },
    "to choose a password": async () => {
      const member = await signUp();
      await forget(member.email);
      return { ...member, link: (await mail.next(member.email)).link };
    },
  };
  const kinds = Object.entries(links);

  it("to use a new address, after another account took it, leads to a page that explains this", async () => {
    const member = await signUp({ confirmed: false });
    const newEmail = `taken-${member.email}`;
    await member.visitor.post("/api/auth/change-email", { newEmail, password: PASSWORD });
    const { link } = await mail.next(newEmail);
    await new Visitor(stack.origin).signUp(newEmail, "Faster", PASSWORD);
    const { at, text } = await open(member.visitor, link);
    expect(at).toBe("/verify-email?done=changed&error=EMAIL_TAKEN");
    expect(text).toContain("Another account now uses this address");
    expect(await follow(member.visitor, link)).toBe(at);
    expect(await userRow(member.email)).toBeDefined();
    const lines = stack.readLog("next");
    expect(lines).not.toContain(newEmail);
    expect(lines).not.toContain("Key (");
    expect(lines).toContain('"what":"EMAIL_TAKEN"');
  });

  it.each(kinds)("%s, twice, leads to a page each time", async (_, make) => {
    const { visitor, link } = await make();
    await open(visitor, link);
    await open(visitor, link);
  });

  it.each(kinds)("%s, by another user who is signed in, leads to a page", async (_, make) => {
    const { link } = await make();
    await open((await signUp()).visitor, link);
  });

  it("that has lost all but its token works, and leads to its page", async () => {
    const done = [];
    for (const kind of ["to confirm", "to approve a change", "to use a new address"]) {
      const { visitor, link } = (await links[kind]?.()) ?? expect.fail(kind);
      const { pathname, searchParams } = new URL(link);
      done.push((await open(visitor, `${pathname}?token=${searchParams.get("token")}`)).at);
    }
    expect(done).toEqual([
      "/verify-email?done=confirmed",
      "/verify-email?done=approved",
      "/verify-email?done=changed",
    ]);
  });

  it.each(kinds)("%s, cut off, leads to a page that shows the result", async (_, make) => {
    const { visitor, link } = await make();
    const { pathname, search } = new URL(link);
    const parts = [
      pathname + search.slice(0, -40),
      pathname + search.slice(0, 30),
      pathname,
      pathname.slice(0, -3) + search,
      `${pathname}%00${search}`,
    ];
    for (const part of parts) {
      const { at, text } = await open(visitor, part);
      // If the whole token has arrived, the link works without the rest of it.
      const works = at.startsWith("/reset-password?token=") || at.startsWith("/verify-email?done=");
      if (!works || at.includes("error=")) expect(text, part).toMatch(NOT_WORKING);
    }
  });

  it.each(kinds)("%s, after the account is deleted, leads to a page with an error", async (_, make) => {
    const { visitor, link } = await make();
    expect((await visitor.post("/api/auth/delete-user", { password: PASSWORD })).status).toBe(200);
    const { at, text } = await open(visitor, link);
    // This kind of link opens a form, and submitting the form is refused.
    if (at.startsWith("/reset-password?token=")) {
      expect((await reset(at.split("=")[1] ?? "")).status).toBe(400);
    } else expect(text).toMatch(NOT_WORKING);
  });

  it.each([
    "/api/auth/nope",
    "/api/auth/delete-user/callback?token=x",
    "/api/auth/list-sessions",
    "/api/auth/callback/github",
    "/api/auth/verify-email?token=x&callbackURL=https://evil.example",
  ])("%s is a page, and no JSON", async (path) => {
    await open(new Visitor(stack.origin), path);
  });
});

describe("two sign-ups with one email at the same time", () => {
  it("make one account, and the other gets an error that there is one", async () => {
    const email = `member-${++people}@example.com`;
    const attempts = await Promise.all(
      [1, 2, 3].map(() =>
        new Visitor(stack.origin).post("/api/auth/sign-up/email", { name: "A", email, password: PASSWORD }),
      ),
    );
    const statuses = attempts.map(({ status }) => status).sort();
    expect(statuses[0]).toBe(200);
    for (const attempt of attempts.filter(({ status }) => status !== 200)) {
      expect([409, 422]).toContain(attempt.status);
      expect(await codeOf(attempt)).toBe("USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
    }
    expect(stack.readLog("next")).not.toContain("Key (");
  });
});

describe("the deletion of an account", () => {
  const deletion = ({ visitor }: Member, body: unknown) => visitor.post("/api/auth/delete-user", body);

  it("requires the password, however fresh the session", async () => {
    const member = await signUp();
    for (const body of [{}, { password: "wrong-password" }]) {
      expect(await codeOf(await deletion(member, body))).toBe("INVALID_PASSWORD");
    }
    expect(await userRow(member.email)).toBeDefined();
  });

  test.each(["/backend/api/account", "/backend/api/%61ccount"])(
    "requires more than the session at FastAPI too: DELETE %s deletes nothing",
    async (path) => {
      const { visitor } = await signUp();
      await visitor.post("/backend/api/tasks", { title: "Kept" });
      const headers = { origin: stack.origin, authorization: "Bearer x.y.z", "x-purpose": "delete-account" };
      const refused = await visitor.fetch(path, { method: "DELETE", headers });
      expect([refused.status, await codeOf(refused)]).toEqual([401, "token_wrong_purpose"]);
      expect(await (await visitor.fetch("/backend/api/tasks")).json()).toMatchObject({
        items: [{ title: "Kept" }],
      });
    },
  );

  it("deletes everything: sessions, sign-ins, and what FastAPI stores", async () => {
    const member = await signUp();
    await member.visitor.post("/backend/api/tasks", { title: "Goes along" });
    const { rows } = await sql.query(`select id from "user" where email = $1`, [member.email]);
    const kept = () => tasksAtBackend(rows[0].id);
    expect(await kept()).toMatchObject({ items: [{ title: "Goes along" }] });
    expect((await deletion(member, { password: PASSWORD })).status).toBe(200);
    expect(await userRow(member.email)).toBeUndefined();
    for (const table of ["session", "account"]) {
      const left = await sql.query(`select 1 from ${table} where "userId" = $1`, [rows[0].id]);
      expect(left.rows, table).toEqual([]);
    }
    expect(await kept()).toMatchObject({ code: "account_deleted" });
    expect((await member.visitor.fetch("/account", { headers: { accept: "text/html" } })).status).toBe(307);
  });

  it("does not happen while FastAPI cannot be reached, and can be repeated afterwards", async () => {
    const member = await signUp();
    await member.visitor.post("/backend/api/tasks", { title: "Kept" });
    await stack.stopBackend();
    try {
      const response = await deletion(member, { password: PASSWORD });
      expect([response.status, await response.json()]).toEqual([
        503,
        {
          code: "ACCOUNT_NOT_DELETED",
          message: MAIN_BACKEND_UNREACHABLE,
        },
      ]);
      expect(await userRow(member.email)).toBeDefined();
    } finally {
      await stack.restartBackend();
    }
    expect(await (await member.visitor.fetch("/backend/api/tasks")).json()).toMatchObject({
      items: [{ title: "Kept" }],
    });
    expect((await deletion(member, { password: PASSWORD })).status).toBe(200);
    expect(await userRow(member.email)).toBeUndefined();
  });
});

describe("a blank or long name", () => {
  test.each(["", "   ", "x".repeat(101)])("is refused: %j", async (name) => {
    const { visitor, email } = await signUp();
    const response = await visitor.post("/api/auth/update-user", { name });
    expect([response.status, await codeOf(response)]).toEqual([400, "INVALID_NAME"]);
    expect(await userRow(email)).toMatchObject({ name: "Member" });
  });
});

it("the account page contains the id of every session, and no session token", async () => {
  const { visitor, email } = await signUp();
  await new Visitor(stack.origin).signIn(email, PASSWORD);
  const { rows } = await sql.query(
    `select session.id, token from session join "user" on "user".id = "userId" where email = $1`,
    [email],
  );
  expect(rows).toHaveLength(2);
  const page = await (await visitor.fetch("/account", { headers: { accept: "text/html" } })).text();
  for (const { id, token } of rows) {
    expect(page).toContain(id);
    expect(page).not.toContain(token);
  }
});

it("a session of any age can read the list of devices", async () => {
  const { visitor, email } = await signUp();
  await sql.query(
    `update session set "createdAt" = now() - interval '3 days' from "user" where "user".id = "userId" and email = $1`,
    [email],
  );
  const response = await visitor.fetch("/account", { headers: { accept: "text/html" } });
  expect(await response.text()).toContain("This device, in use now");
});
