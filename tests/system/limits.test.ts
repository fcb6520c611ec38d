import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, test, vi } from "vitest";
import { isFull } from "../../scripts/lib/full-tests";
import { type App, type Database, startApp, startDatabase } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { type MailServer, startMailServer } from "../fixtures/mail-server";

/**
 * The endpoints below /api/auth and their rate limits: two instances, one Postgres, a mail server.
 */

// Each password guess costs the app a hash that is slow by design.
vi.setConfig({ testTimeout: 180_000 });

const PASSWORD = "correct-horse-battery";
const NEW_PASSWORD = "another-horse-battery";
/** There is no proxy in this test. The client sets the header that a proxy would set. */
const ADDRESS = "x-client-address";

let database: Database;
let mail: MailServer;
/** This instance gets the address of each client. */
let app: App;
/** This instance gets no client address. */
let appWithoutAddresses: App;
let sql: Client;
let people = 0;

beforeAll(async () => {
  [database, mail] = await Promise.all([startDatabase(), startMailServer()]);
  const env = { BACKEND_URL: "http://127.0.0.1:9", ...mail.env };
  app = await startApp({ ...env, CLIENT_ADDRESS_HEADER: ADDRESS }, database);
  appWithoutAddresses = await startApp(env, database);
  sql = new Client({ connectionString: database.url });
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await appWithoutAddresses?.stop();
  await app?.stop();
  await mail?.stop();
  await database?.stop();
});
beforeEach(async () => {
  await sql.query(`delete from "rateLimit"`);
});

const post = (origin: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  new Visitor(origin).post(`/api/auth${path}`, body, headers);

const from = (address: string) => ({ [ADDRESS]: address });

const guess = (email: string, headers: Record<string, string> = {}, origin = app.origin) =>
  post(origin, "/sign-in/email", { email, password: "wrong-password" }, headers);

const signIn = (email: string, headers: Record<string, string> = {}, origin = app.origin) =>
  post(origin, "/sign-in/email", { email, password: PASSWORD }, headers);

async function signUp(origin = app.origin, visitor = new Visitor(origin)) {
  const email = `limits-${++people}@example.com`;
  const response = await visitor.post(
    "/api/auth/sign-up/email",
    { email, name: "Ada", password: PASSWORD },
    from(`203.0.113.${people}`),
  );
  expect(response.status).toBe(200);
  return { email, visitor };
}

/** Makes this number of attempts, one after another. Returns the statuses. */
async function repeat(times: number, attempt: (turn: number) => Promise<Response>): Promise<number[]> {
  const statuses: number[] = [];
  for (let turn = 0; turn < times; turn++) statuses.push((await attempt(turn)).status);
  return statuses;
}

/** Uses up the 20 guesses at an account's password: one guess, and a counter that is moved on. */
async function useUpGuesses(email: string): Promise<void> {
  const { rows: before } = await sql.query<{ key: string }>(`select key from "rateLimit"`);
  expect((await guess(email, {}, appWithoutAddresses.origin)).status).toBe(401);
  const { rowCount } = await sql.query(
    `update "rateLimit" set count = 20 where count = 1 and not key = any($1)`,
    [before.map(({ key }) => key)],
  );
  expect(rowCount).toBe(1);
}

const countOf = (statuses: readonly number[], wanted: number) =>
  statuses.filter((status) => status === wanted).length;

/** Simulates that this time has passed, for all rate limit windows. */
const pass = (seconds: number) =>
  sql.query(`update "rateLimit" set "lastRequest" = "lastRequest" - $1::bigint`, [seconds * 1000]);

const rows = async () => (await sql.query(`select key, count from "rateLimit"`)).rows;

describe("what is not served:", () => {
  test.each([
    "/nope",
    "/ok",
    "/sign-in/email/",
    "/Sign-In/email",
    "/%73ign-in/email",
    "/reset-password/a/b",
    "/list-accounts",
    "/callback/github",
    "/sign-in/social",
  ])("GET and POST %j get 404, and nothing is counted", async (path) => {
    for (const method of ["GET", "POST"]) {
      const response = await new Visitor(app.origin).fetch(`/api/auth${path}`, { method });
      expect(response.status).toBe(404);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(await response.json()).toMatchObject({
        code: "auth_unknown_path",
        status: 404,
        request_id: response.headers.get("x-request-id"),
      });
    }
    expect(await rows()).toEqual([]);
  });

  test.each(["/sign-in%2Femail", "/sign-in/email/..%2f"])(
    "GET and POST %j, which has two readings, get 401 without a session, and nothing is counted",
    async (path) => {
      for (const method of ["GET", "POST"]) {
        const response = await new Visitor(app.origin).fetch(`/api/auth${path}`, { method });
        expect(response.status).toBe(401);
        expect(await response.json()).toMatchObject({ code: "gate_signed_out" });
      }
      expect(await rows()).toEqual([]);
    },
  );

  it("300 requests to unknown paths store no row", async () => {
    const before = await sql.query("select count(*) from verification");
    await Promise.all(
      Array.from({ length: 300 }, (_, turn) => new Visitor(app.origin).fetch(`/api/auth/x${turn}`)),
    );
    expect(await rows()).toEqual([]);
    expect((await sql.query("select count(*) from verification")).rows).toEqual(before.rows);
  });

  test.each([
    ["GET", "/sign-in/email", "POST"],
    ["PUT", "/sign-in/email", "POST"],
    ["DELETE", "/get-session", "GET"],
    ["POST", "/get-session", "GET"],
    ["PATCH", "/change-password", "POST"],
    ["OPTIONS", "/sign-in/email", "POST"],
    ["POST", "/verify-email", "GET"],
  ])("%s %s gets 405, which names %s", async (method, path, allow) => {
    const response = await new Visitor(app.origin).fetch(`/api/auth${path}`, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
    expect(await response.json()).toMatchObject({ code: "auth_wrong_method", status: 405 });
    expect(await rows()).toEqual([]);
  });

  it("HEAD does not use a link", async () => {
    const response = await new Visitor(app.origin).fetch("/api/auth/verify-email?token=x", {
      method: "HEAD",
    });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET"]);
  });
});

describe("a page of another site", () => {
  it("cannot use up the sign-ins of the visitor's address", async () => {
    const { email } = await signUp();
    const office = from("198.51.100.1");
    const image = {
      ...office,
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "no-cors",
      "sec-fetch-dest": "image",
    };
    const get = () => new Visitor(app.origin).fetch("/api/auth/sign-in/email", { headers: image });
    expect(new Set(await repeat(25, get))).toEqual(new Set([405]));
    const forms: Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ];
    const send = (turn: number) => guess(email, { ...office, ...forms[turn % forms.length] });
    expect(new Set(await repeat(30, send))).toEqual(new Set([403]));
    // The two rows are from the sign-up.
    expect(await rows()).toHaveLength(2);
    expect((await signIn(email, office)).status).toBe(200);
  });

  it("cannot load links as images or frames, but a person can open them from a page of webmail", async () => {
    const get = (dest: string) =>
      new Visitor(app.origin).fetch("/api/auth/verify-email?token=x&callbackURL=%2Fverify-email", {
        headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": dest },
      });
    for (const dest of ["image", "iframe", "empty"]) expect((await get(dest)).status, dest).toBe(403);
    expect(await rows()).toEqual([]);
    expect((await get("document")).status).toBe(302);
  });
});

describe("guesses at a password", () => {
  it("with invented client addresses are limited to 20 a minute", async () => {
    const { email } = await signUp();
    await sql.query(`delete from "rateLimit"`);
    const statuses = await repeat(30, (turn) =>
      guess(email, { "x-forwarded-for": `203.0.113.${turn}` }, appWithoutAddresses.origin),
    );
    expect(statuses).toEqual([...Array(20).fill(401), ...Array(10).fill(429)]);
  });

  it.runIf(isFull)("for invented accounts are limited to 20 a minute from one address", async () => {
    const statuses = await repeat(30, (turn) => guess(`invented-${turn}@example.com`, from("192.0.2.1")));
    expect(statuses).toEqual([...Array(20).fill(401), ...Array(10).fill(429)]);
    // Refused attempts have left no row.
    expect(await rows()).toHaveLength(21);
    expect((await guess("invented-0@example.com", from("192.0.2.2"))).status).toBe(401);
  });

  it.runIf(isFull)(
    "from one IPv6 network count together, and an IPv4 address is the same in either form",
    async () => {
      const six = await repeat(22, (turn) =>
        guess(`six-${turn}@example.com`, from(`2001:db8:1:2:${turn}::1`)),
      );
      expect(countOf(six, 401)).toBe(20);
      expect((await guess("six@example.com", from("2001:db8:1:3::1"))).status).toBe(401);
      const forms = ["192.0.2.7", "::ffff:192.0.2.7", "::FFFF:c000:207"];
      const four = await repeat(22, (turn) => guess(`four-${turn}@example.com`, from(forms[turn % 3] ?? "")));
      expect(countOf(four, 401)).toBe(20);
    },
  );

  it("from many addresses are limited to 60 a minute for one account, and one address cannot use these up", async () => {
    const { email } = await signUp();
    await repeat(50, () => guess(email, from("192.0.2.1")));
    expect((await signIn(email, from("192.0.2.2"))).status).toBe(200);
    const statuses = await repeat(60, (turn) => guess(email, from(`192.0.2.${10 + (turn % 50)}`)));
    expect(countOf(statuses, 401)).toBe(40);
  });

  it("in parallel are limited like guesses in sequence", async () => {
    const { email } = await signUp();
    await sql.query(`delete from "rateLimit"`);
    const attempts = Array.from({ length: 30 }, () => guess(email, from("192.0.2.9")));
    const statuses = (await Promise.all(attempts)).map(({ status }) => status);
    expect([countOf(statuses, 401), countOf(statuses, 429)]).toEqual([20, 10]);
  });

  it("are counted without regard to the case of the email", async () => {
    const { email } = await signUp();
    const spellings = [email, email.toUpperCase(), email.replace("l", "L")];
    const statuses = await repeat(24, (turn) =>
      guess(spellings[turn % 3] ?? "", {}, appWithoutAddresses.origin),
    );
    expect(countOf(statuses, 401)).toBe(20);
  });

  it.runIf(isFull)("do not stop other users if no address is known", async () => {
    const [victim, other] = [await signUp(), await signUp()];
    const statuses = await repeat(30, (turn) =>
      guess(`nobody-${turn}@example.com`, {}, appWithoutAddresses.origin),
    );
    expect(new Set(statuses)).toEqual(new Set([401]));
    await useUpGuesses(victim.email);
    expect((await signIn(other.email, {}, appWithoutAddresses.origin)).status).toBe(200);
    expect((await signIn(victim.email, {}, appWithoutAddresses.origin)).status).toBe(429);
  });

  it("do not stop a browser that has signed in to the account before", async () => {
    const { email, visitor } = await signUp();
    await useUpGuesses(email);
    const known = new Visitor(appWithoutAddresses.origin);
    for (const [name, value] of visitor.cookies) known.cookies.set(name, value);
    expect((await new Visitor(appWithoutAddresses.origin).signIn(email)).status).toBe(429);
    expect((await known.signIn(email)).status).toBe(200);
    // The browser is known only to that account, and its guesses are counted too.
    const other = await signUp();
    await useUpGuesses(other.email);
    expect((await known.signIn(other.email)).status).toBe(429);
    const guesses = await repeat(22, () => known.signIn(email, "wrong-password"));
    expect([countOf(guesses, 401), countOf(guesses, 429)]).toEqual([20, 2]);
  });

  it("with a stolen cookie of a known browser do not stop the browsers of the owner", async () => {
    const { email, visitor } = await signUp();
    const owner = new Visitor(appWithoutAddresses.origin);
    await owner.signIn(email);
    const stolen = { cookie: `better-auth.known=${visitor.cookies.get("better-auth.known")}` };
    const guesses = await repeat(22, () => guess(email, stolen, appWithoutAddresses.origin));
    expect([countOf(guesses, 401), countOf(guesses, 429)]).toEqual([20, 2]);
    await repeat(21, () => guess(email, {}, appWithoutAddresses.origin));
    expect((await owner.signIn(email)).status).toBe(200);
  });

  it("by a person who had the account before a new password are not those of a known browser", async () => {
    const { email, visitor } = await signUp();
    const before = { cookie: `better-auth.known=${visitor.cookies.get("better-auth.known")}` };
    const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    expect((await visitor.post("/api/auth/change-password", body, from("203.0.113.9"))).status).toBe(200);
    await useUpGuesses(email);
    expect((await guess(email, before, appWithoutAddresses.origin)).status).toBe(429);
    // The browser that has chosen the password stays known.
    const known = new Visitor(appWithoutAddresses.origin);
    for (const [name, value] of visitor.cookies) known.cookies.set(name, value);
    expect((await known.signIn(email, NEW_PASSWORD)).status).toBe(200);
  });

  it("with a forged or cut cookie are not those of a known browser", async () => {
    const { email, visitor } = await signUp();
    const value = visitor.cookies.get("better-auth.known") ?? "";
    const [id, signature = ""] = value.split(".");
    await useUpGuesses(email);
    const forged = [
      id,
      signature,
      `${id}.`,
      `.${signature}`,
      `${"A".repeat(22)}.${signature}`,
      `${id}.${id}`,
      "a.b",
    ];
    for (const cookie of forged) {
      const response = await guess(
        email,
        { cookie: `better-auth.known=${cookie}` },
        appWithoutAddresses.origin,
      );
      expect(response.status, cookie).toBe(429);
    }
    expect(
      (await guess(email, { cookie: `better-auth.known=${value}` }, appWithoutAddresses.origin)).status,
    ).toBe(401);
  });

  it("do not stop the person who can read the mailbox", async () => {
    const { email } = await signUp(appWithoutAddresses.origin);
    await mail.next(email);
    await useUpGuesses(email);
    const owner = new Visitor(appWithoutAddresses.origin);
    expect((await owner.post("/api/auth/request-password-reset", { email })).status).toBe(200);
    const token = new URL((await mail.next(email)).link).pathname.split("/").pop();
    await owner.post("/api/auth/reset-password", { token, newPassword: NEW_PASSWORD });
    expect((await owner.signIn(email, NEW_PASSWORD)).status).toBe(200);
  });

  it("do stop a browser after its sign-out", async () => {
    const { visitor } = await signUp();
    expect(visitor.cookieHeader).toContain("known=");
    await visitor.post("/api/auth/sign-out", {});
    expect(visitor.cookieHeader).toBe("");
  });

  it.runIf(isFull)(
    "that are correct do not count: 40 people behind one address sign in within a minute",
    async () => {
      const { email } = await signUp();
      const statuses = await repeat(40, () => signIn(email, from("198.51.100.9")));
      expect(new Set(statuses)).toEqual(new Set([200]));
    },
  );
});

describe("a signed-in user", () => {
  const headers = from("192.0.2.50");
  test.each<[string, unknown]>([
    ["/verify-password", { password: "wrong-password" }],
    ["/change-password", { currentPassword: "wrong-password", newPassword: NEW_PASSWORD }],
    ["/change-email", { newEmail: "elsewhere@example.com", password: "wrong-password" }],
    ["/delete-user", { password: "wrong-password" }],
  ])("guesses the password 10 times a minute at %s", async (path, body) => {
    const { visitor } = await signUp();
    const statuses = await repeat(40, () => visitor.post(`/api/auth${path}`, body, headers));
    expect([countOf(statuses, 400), countOf(statuses, 429)]).toEqual([10, 30]);
  });

  it("has one count for all endpoints that take the password, from any session and address", async () => {
    const { email, visitor } = await signUp();
    const second = new Visitor(app.origin);
    await second.signIn(email);
    const paths = ["/verify-password", "/delete-user"];
    const statuses = await repeat(30, (turn) =>
      (turn % 3 ? visitor : second).post(
        `/api/auth${paths[turn % 2]}`,
        { password: "wrong-password" },
        from(`192.0.2.${turn}`),
      ),
    );
    expect(countOf(statuses, 400)).toBe(10);
  });

  it("can request 10 emails a minute, to one address or to many", async () => {
    const { email, visitor } = await signUp();
    await mail.next(email);
    const own = await repeat(14, () => visitor.post("/api/auth/send-verification-email", { email }));
    expect([countOf(own, 200), countOf(own, 429)]).toEqual([10, 4]);
    await pass(61);
    const others = await repeat(14, (turn) =>
      visitor.post("/api/auth/change-email", { newEmail: `many-${turn}@example.com`, password: PASSWORD }),
    );
    expect([countOf(others, 200), countOf(others, 429)]).toEqual([10, 4]);
  });

  it("is counted there, and a request without a session is refused without being counted", async () => {
    const statuses = await repeat(30, () =>
      post(app.origin, "/verify-password", { password: PASSWORD }, headers),
    );
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(await rows()).toEqual([]);
  });
});

describe("a forgotten password", () => {
  it("sends 10 emails a minute to one account, from any address", async () => {
    const { email } = await signUp();
    const statuses = await repeat(14, (turn) =>
      post(app.origin, "/request-password-reset", { email }, from(`192.0.2.${turn}`)),
    );
    expect([countOf(statuses, 200), countOf(statuses, 429)]).toEqual([10, 4]);
  });

  it("has a limit for the link tokens that a client tries", async () => {
    const tries = await repeat(70, (turn) =>
      post(app.origin, "/reset-password", { token: `t${turn}`, newPassword: PASSWORD }, from("192.0.2.77")),
    );
    expect([countOf(tries, 400), countOf(tries, 429)]).toEqual([60, 10]);
    const same = { token: "invented", newPassword: PASSWORD };
    expect(
      countOf(await repeat(25, () => post(appWithoutAddresses.origin, "/reset-password", same)), 400),
    ).toBe(20);
  });
});

describe("sign-up", () => {
  const signUpAs = (email: string, headers = {}, origin = app.origin) =>
    post(origin, "/sign-up/email", { email, name: "Ada", password: PASSWORD }, headers);

  it("creates 20 accounts a minute from one address, and does not stop other addresses", async () => {
    const statuses = await repeat(24, () => signUpAs(`made-${++people}@example.com`, from("192.0.2.99")));
    expect([countOf(statuses, 200), countOf(statuses, 429)]).toEqual([20, 4]);
    expect((await signUpAs(`made-${++people}@example.com`, from("192.0.2.100"))).status).toBe(200);
  });

  it.runIf(isFull)("creates 100 accounts in total if no address is known", async () => {
    await signUpAs(`made-${++people}@example.com`, {}, appWithoutAddresses.origin);
    await sql.query(`update "rateLimit" set count = 99 where count = 1`);
    // The sign-up has left two rows: one for the total of sign-ups, which is at 99 now, and one for
    // the email.
    const statuses = await repeat(3, () =>
      signUpAs(`made-${++people}@example.com`, {}, appWithoutAddresses.origin),
    );
    expect(statuses).toEqual([200, 429, 429]);
  });
});

describe("a window", () => {
  it.runIf(isFull)("ends during a steady 5 attempts a minute, none of which is refused", async () => {
    const { email } = await signUp();
    const statuses = await repeat(25, async (turn) => {
      if (turn > 0) await pass(12);
      return post(appWithoutAddresses.origin, "/request-password-reset", { email });
    });
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it("has ended after the time in Retry-After", async () => {
    const { email } = await signUp();
    await repeat(20, () => guess(email, from("192.0.2.1")));
    await pass(25);
    const refused = await guess(email, from("192.0.2.1"));
    expect(refused.status).toBe(429);
    const seconds = Number(refused.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(35);
    expect(refused.headers.get("x-retry-after")).toBe(String(seconds));
    expect(await refused.json()).toMatchObject({
      status: 429,
      code: "TOO_MANY_REQUESTS",
      message: expect.stringContaining(`${seconds} seconds`),
      detail: expect.stringContaining(`${seconds} seconds`),
      request_id: refused.headers.get("x-request-id"),
    });
    await pass(seconds);
    expect((await guess(email, from("192.0.2.1"))).status).toBe(401);
  });

  it("that starts in the future, because a clock stepped back, counts as ended", async () => {
    const { email } = await signUp();
    await repeat(21, () => guess(email, from("192.0.2.1")));
    await pass(-3600);
    expect((await guess(email, from("192.0.2.1"))).status).toBe(401);
  });
});

describe("the table", () => {
  it("contains no email and no address, and its keys are short", async () => {
    const { email } = await signUp();
    await guess(email, from("192.0.2.123"));
    await guess("x".repeat(10_000), from("192.0.2.123"));
    const text = JSON.stringify((await sql.query(`select * from "rateLimit"`)).rows);
    expect(text).not.toContain(email);
    expect(text).not.toContain("192.0.2.123");
    for (const { key } of await rows()) expect(key).toHaveLength(43);
  });

  it("loses the rows of ended windows", async () => {
    await repeat(15, (turn) => guess(`gone-${turn}@example.com`, from(`192.0.2.${turn}`)));
    expect(await rows()).toHaveLength(30);
    await pass(61);
    await guess("last@example.com", from("192.0.2.200"));
    expect(await rows()).toHaveLength(2);
  });
});

describe("the link that approves a change of email", () => {
  async function approvalLink() {
    const { email, visitor } = await signUp();
    const confirm = new URL((await mail.next(email)).link);
    await visitor.fetch(confirm.pathname + confirm.search);
    const newEmail = `new-${email}`;
    await visitor.post("/api/auth/change-email", { newEmail, password: PASSWORD });
    const { pathname, search } = new URL((await mail.next(email)).link);
    return { visitor, newEmail, path: pathname + search };
  }

  const received = (to: string) => mail.received.filter((message) => message.to === to).length;

  it("opened 40 times, at once and later, sends one email and leads to the same page", async () => {
    const { newEmail, path } = await approvalLink();
    const follow = async () => {
      const response = await new Visitor(app.origin).fetch(path);
      return [response.status, response.headers.get("location")];
    };
    const landings = await Promise.all(Array.from({ length: 20 }, follow));
    await pass(45);
    for (let turn = 0; turn < 20; turn++) landings.push(await follow());
    for (const landing of landings) expect(landing).toEqual([302, "/verify-email?done=approved"]);
    await mail.next(newEmail);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(received(newEmail)).toBe(1);
  });

  it("is not used up by a user who is signed in to another account", async () => {
    const { visitor, newEmail, path } = await approvalLink();
    const { visitor: other } = await signUp();
    const landing = (await other.fetch(path)).headers.get("location");
    expect(landing).toMatch(/error=INVALID_USER/);
    await visitor.fetch(path);
    await mail.next(newEmail);
  });

  it("over the limit shows a page to a person, and is 429 for a program", async () => {
    const office = from("192.0.2.1");
    const open = (headers = {}) =>
      new Visitor(app.origin).fetch("/api/auth/verify-email?token=same&callbackURL=%2F", {
        headers: { ...office, ...headers },
      });
    await repeat(20, () => open());
    expect((await open()).status).toBe(429);
    const landing = (await open({ "sec-fetch-dest": "document" })).headers.get("location") ?? "";
    expect(landing).toBe("/verify-email?error=TOO_MANY_REQUESTS");
    expect(await (await new Visitor(app.origin).fetch(landing)).text()).toContain("Wait a minute");
  });

  it("stores no row if it is forged", async () => {
    const path = (turn: number) => `/api/auth/verify-email?token=invented${turn}&callbackURL=%2F`;
    await repeat(80, (turn) => new Visitor(app.origin).fetch(path(turn), { headers: from("192.0.2.1") }));
    // One row for the address, and one for each token that was checked.
    expect(await rows()).toHaveLength(61);
  });
});
