import { setTimeout as sleep } from "node:timers/promises";
import { decodeJwt } from "jose";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import type { FullStack } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import type { MailServer } from "../fixtures/mail-server";
import { type MailStack, startMailStack } from "../fixtures/mail-stack";
import { type OAuthServer, type Person, startOAuthServer } from "../fixtures/oauth-server";

/**
 * Attacks on accounts: links of emails, addresses that a caller chooses, and a database that fails
 * halfway.
 */

const PASSWORD = "correct-horse-battery";
const NEW_PASSWORD = "another-horse-battery";

let started: MailStack;
let stack: FullStack;
let mail: MailServer;
let other: OAuthServer;
let sql: Client;
let people = 0;

beforeAll(async () => {
  other = await startOAuthServer();
  started = await startMailStack(other.env);
  ({ stack, mail, sql } = started);
  await sql.query(`
    create function fail() returns trigger language plpgsql as
    $$ begin raise exception 'the disk is gone' using errcode = '58030'; end $$`);
});
afterAll(async () => {
  await started?.stop();
  await other?.stop();
});
beforeEach(() => started.resetRateLimits());

async function newMember({ confirmed = false } = {}) {
  const email = `attacked-${++people}@example.com`;
  const visitor = new Visitor(stack.origin);
  await visitor.signUp(email);
  await mail.next(email);
  if (confirmed) await sql.query(`update "user" set "emailVerified" = true where email = $1`, [email]);
  return { email, visitor };
}

const errorLines = () =>
  stack
    .readLog("next")
    .split("\n")
    .filter((line) => line.includes('"level":"error"'));

const received = (to: string) => mail.received.filter((message) => message.to === to).length;

/** Waits for messages that should not come. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 500));

/** Each statement of this kind fails while `work` runs. */
async function failing<T>(operation: "insert" | "update" | "delete", table: string, work: () => Promise<T>) {
  await sql.query(
    `create trigger broken before ${operation} on "${table}" for each statement execute function fail()`,
  );
  try {
    return await work();
  } finally {
    await sql.query(`drop trigger broken on "${table}"`);
  }
}

describe("the link that approves a change of email, opened again", () => {
  async function approval() {
    const { email, visitor } = await newMember({ confirmed: true });
    const newEmail = `new-${email}`;
    await visitor.post("/api/auth/change-email", { newEmail, password: PASSWORD });
    const token = new URL((await mail.next(email)).link).searchParams.get("token") ?? "";
    return { newEmail, token };
  }

  const follow = (token: string, callbackURL: string) =>
    new Visitor(stack.origin).fetch(`/api/auth/verify-email?${new URLSearchParams({ token, callbackURL })}`);

  it("with an address that looks like a failure, sends one email", async () => {
    const { newEmail, token } = await approval();
    for (let turn = 0; turn < 4; turn++) await follow(token, "/verify-email?error=x");
    await mail.next(newEmail);
    await settle();
    expect(received(newEmail)).toBe(1);
  });

  it("in other spellings of the same token, sends one email", async () => {
    const { newEmail, token } = await approval();
    const [header, payload, signature = ""] = token.split(".");
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    // Two of the six bits of the last character are padding.
    const last = alphabet.indexOf(signature.at(-1) ?? "") & ~3;
    const spellings = [0, 1, 2, 3].map((bits) => signature.slice(0, -1) + alphabet[last | bits]);
    spellings.push(`${signature}=`, `${signature.slice(0, 9)} ${signature.slice(9)}`, ` ${signature}`);
    spellings.push(signature.replaceAll("-", "+").replaceAll("_", "/"));
    for (const spelling of spellings) {
      await follow(`${header}.${payload}.${spelling}`, "/verify-email?done=approved");
    }
    await mail.next(newEmail);
    await settle();
    expect(received(newEmail)).toBe(1);
  });
});

async function requestReset(email: string): Promise<string> {
  await new Visitor(stack.origin).post("/api/auth/request-password-reset", { email });
  return new URL((await mail.next(email)).link).pathname.split("/").pop() ?? "";
}

async function reset(token: string) {
  const body = { token, newPassword: NEW_PASSWORD };
  return (await new Visitor(stack.origin).post("/api/auth/reset-password", body)).status;
}

describe("a link that changes the email, requested by a thief who knows the password", () => {
  type Member = Awaited<ReturnType<typeof newMember>>;

  /** The thief opens the link without a session. */
  async function open(link: string) {
    const { pathname, search } = new URL(link);
    return (await new Visitor(stack.origin).fetch(pathname + search)).headers.get("location");
  }

  async function requestChange({ email, visitor }: Member, password = PASSWORD) {
    const newEmail = `thief-${email}`;
    expect((await visitor.post("/api/auth/change-email", { newEmail, password })).status).toBe(200);
    return newEmail;
  }

  const newPasswords: [name: string, set: (member: Member) => Promise<unknown>][] = [
    [
      "a reset of the password",
      async ({ email }) => expect(await reset(await requestReset(email))).toBe(200),
    ],
    [
      "a change of the password",
      async ({ visitor }) => {
        const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
        expect((await visitor.post("/api/auth/change-password", body)).status).toBe(200);
      },
    ],
  ];

  test.each(newPasswords)("does not work after %s", async (_, setPassword) => {
    const member = await newMember();
    const { link } = await mail.next(await requestChange(member));
    // A password that is set within a second of the sign-up counts as the first one.
    await sleep(1_100);
    await setPassword(member);
    expect(await open(link)).toBe("/verify-email?error=PASSWORD_CHANGED");
    expect((await new Visitor(stack.origin).signIn(member.email, NEW_PASSWORD)).status).toBe(200);
  });

  test.each(newPasswords)(
    "sends nothing to the new address after %s, if it is approved",
    async (_, setPassword) => {
      const member = await newMember({ confirmed: true });
      const newEmail = await requestChange(member);
      const { link } = await mail.next(member.email);
      await sleep(1_100);
      await setPassword(member);
      expect(await open(link)).toBe("/verify-email?error=PASSWORD_CHANGED");
      await settle();
      expect(received(newEmail)).toBe(0);
    },
  );

  it("does not work if it was approved before the password has changed", async () => {
    const member = await newMember({ confirmed: true });
    const newEmail = await requestChange(member);
    expect(await open((await mail.next(member.email)).link)).toBe("/verify-email?done=approved");
    const { link } = await mail.next(newEmail);
    await sleep(1_100);
    expect(await reset(await requestReset(member.email))).toBe(200);
    expect(await open(link)).toBe("/verify-email?error=PASSWORD_CHANGED");
  });

  it("does not work if the password changes in the same second", async () => {
    const member = await newMember();
    await sleep(1_100);
    // Until the second of a link and of the new password is the same.
    for (let turn = 0; ; turn++) {
      const from = turn % 2 === 0 ? [PASSWORD, NEW_PASSWORD] : [NEW_PASSWORD, PASSWORD];
      const [currentPassword = "", newPassword = ""] = from;
      const { link } = await mail.next(await requestChange(member, currentPassword));
      const body = { currentPassword, newPassword };
      expect((await member.visitor.post("/api/auth/change-password", body)).status).toBe(200);
      expect(await open(link)).toBe("/verify-email?error=PASSWORD_CHANGED");
      const { rows } = await sql.query(
        `select a."updatedAt" from account a join "user" u on u.id = a."userId" where u.email = $1`,
        [member.email],
      );
      const { iat } = decodeJwt(new URL(link).searchParams.get("token") ?? "");
      if (Math.floor(rows[0].updatedAt.getTime() / 1000) === iat) break;
      await started.resetRateLimits();
    }
  });

  it("works if the user requests it after the new password", async () => {
    const member = await newMember();
    expect(await reset(await requestReset(member.email))).toBe(200);
    await sleep(1_100);
    await member.visitor.signIn(member.email, NEW_PASSWORD);
    const { link } = await mail.next(await requestChange(member, NEW_PASSWORD));
    expect(await open(link)).toBe("/verify-email?done=changed");
  });
});

describe("a link to reset the password", () => {
  it("does not work after another one has been used", async () => {
    const { email } = await newMember();
    const [first, second] = [await requestReset(email), await requestReset(email)];
    expect([await reset(first), await reset(second)]).toEqual([200, 400]);
  });

  it("does not work after the password has been changed", async () => {
    const { email, visitor } = await newMember();
    const token = await requestReset(email);
    const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    expect((await visitor.post("/api/auth/change-password", body)).status).toBe(200);
    expect(await reset(token)).toBe(400);
  });

  it("does not work after the email has changed: the old mailbox is no longer the account's", async () => {
    const { email, visitor } = await newMember();
    const token = await requestReset(email);
    const newEmail = `new-${email}`;
    await visitor.post("/api/auth/change-email", { newEmail, password: PASSWORD });
    const { pathname, search } = new URL((await mail.next(newEmail)).link);
    const landing = await new Visitor(stack.origin).fetch(pathname + search);
    expect(landing.headers.get("location")).toBe("/verify-email?done=changed");
    expect(await reset(token)).toBe(400);
    expect((await new Visitor(stack.origin).signIn(newEmail)).status).toBe(200);
  });

  it("still works after another user's has been used, and after a change of name", async () => {
    const [one, two] = [await newMember(), await newMember()];
    const [first, second] = [await requestReset(one.email), await requestReset(two.email)];
    await two.visitor.post("/api/auth/update-user", { name: "Grace" });
    expect([await reset(first), await reset(second)]).toEqual([200, 200]);
  });
});

describe("an address to redirect to", () => {
  test.each([
    ["with a letter outside ASCII", "/caf\u00e9/\u0101"],
    ["with a line break", "/a\r\nset-cookie: x=1"],
    ["with a control character", "/\u0001"],
    ["with a space", "/a b"],
    ["of 20,000 characters", `/${"x".repeat(20_000)}`],
  ])("%s is refused, and raises no alarm", async (_, address) => {
    const { email, visitor } = await newMember();
    const before = errorLines().length;
    for (const callbackURL of [address, stack.origin + address]) {
      const body = { email, password: PASSWORD, callbackURL };
      const response = await new Visitor(stack.origin).post("/api/auth/sign-in/email", body);
      // 403: Better Auth checks the origin first, and takes some of these for foreign.
      expect([400, 403]).toContain(response.status);
      expect((await response.json()).code).toMatch(/^INVALID_(ADDRESS|CALLBACK_URL)$/);
      const social = { provider: "github", errorCallbackURL: callbackURL };
      expect([400, 403]).toContain((await visitor.post("/api/auth/sign-in/social", social)).status);
    }
    expect(errorLines()).toHaveLength(before);
  });
});

describe("while the database cannot end a session", () => {
  it("a sign-out is 503, signs nobody out, and works once the database does", async () => {
    const { visitor } = await newMember();
    const cookies = visitor.cookieHeader;
    const refused = await failing("delete", "session", () => visitor.post("/api/auth/sign-out", {}));
    expect(refused.status).toBe(503);
    expect(visitor.cookieHeader).toBe(cookies);
    expect((await visitor.fetch("/device")).status).toBe(200);
    expect((await visitor.post("/api/auth/sign-out", {})).status).toBe(200);
    expect((await fetch(`${stack.origin}/backend/api/me`, { headers: { cookie: cookies } })).status).toBe(
      401,
    );
  });
});

describe("the deletion of an account", () => {
  test.each(["session", "account", "user"])(
    "that fails at the table %s leaves it whole, and can be repeated",
    async (table) => {
      const { email, visitor } = await newMember();
      const remove = () => visitor.post("/api/auth/delete-user", { password: PASSWORD });
      const failed = await failing("delete", table, remove);
      expect(failed.status).toBe(503);
      expect(await failed.json()).toMatchObject({ code: "ACCOUNT_NOT_DELETED" });
      expect((await new Visitor(stack.origin).signIn(email)).status).toBe(200);
      expect((await remove()).status).toBe(200);
      expect((await new Visitor(stack.origin).signIn(email)).status).toBe(401);
    },
  );

  it("sent ten times at once happens once, and writes no error line", async () => {
    const { visitor } = await newMember();
    const before = errorLines().length;
    const headers = { cookie: visitor.cookieHeader };
    const remove = () => visitor.post("/api/auth/delete-user", { password: PASSWORD }, headers);
    const statuses = (await Promise.all(Array.from({ length: 10 }, remove))).map(({ status }) => status);
    expect(statuses).toContain(200);
    // 400: Better Auth has found the session, but then the password was already deleted.
    expect(statuses.filter((status) => ![200, 400, 401].includes(status))).toEqual([]);
    expect(errorLines()).toHaveLength(before);
  });
});

describe("a sign-in through another site", () => {
  it("stores 1,600 characters of addresses in a cookie that browsers accept", async () => {
    const visitor = new Visitor(stack.origin);
    const errorCallbackURL = "/login";
    const callbackURL = `/device?q=${"x".repeat(1_600 - 10 - errorCallbackURL.length)}`;
    const body = { provider: "github", callbackURL, errorCallbackURL };
    const response = await visitor.post("/api/auth/sign-in/social", body);
    const [cookie = ""] = response.headers.getSetCookie();
    expect(cookie).toMatch(/^better-auth\.oauth_state=/);
    // With `__Secure-`, as on https.
    expect(cookie.split(";", 1)[0]?.length).toBeLessThan(4_096 - 9);
  });
});

describe("an email from another site", () => {
  test.each([
    "a@b.example, victim@example.com",
    "Ada <ada@example.com>",
    "a b@example.com",
    "a\r\nbcc: b@example.com",
  ])("%j is no address, and makes no account", async (email) => {
    const person: Person = { id: 900_000 + ++people, name: "Odd", email, emailVerified: false };
    other.signInAs(person);
    const visitor = new Visitor(stack.origin);
    const begun = await visitor.post("/api/auth/sign-in/social", {
      provider: "github",
      callbackURL: "/device",
    });
    const { url } = (await begun.json()) as { url: string };
    const back = other.followLink(new URL(url), "Allow");
    const response = await visitor.fetch(back.pathname + back.search);
    expect(response.headers.get("location")).toMatch(/\/login\?error=/);
    const { rows } = await sql.query(`select 1 from "user" where email = $1`, [email]);
    expect(rows).toEqual([]);
  });
});
