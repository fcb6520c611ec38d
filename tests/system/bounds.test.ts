import { request } from "node:http";
import { betterAuth } from "better-auth";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseEnv } from "../../lib/env";
import { createDatabase } from "../../lib/server/auth/database";
import { storedFields } from "../../lib/server/auth/stored-fields";
import { AUTH_SECRET } from "../../scripts/stack/signing";
import { type FullStack, testEnv } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import type { MailServer } from "../fixtures/mail-server";
import { type MailStack, startMailStack } from "../fixtures/mail-stack";

/** The size of what a user stores is limited. The size of the cookies is limited in any case. */

const PASSWORD = "correct-horse-battery";
/** Maximum size of all session cookies together, names included. Bytes. */
const COOKIE_BUDGET = 3_800;

let started: MailStack;
let stack: FullStack;
let mail: MailServer;
let sql: Client;
let people = 0;

beforeAll(async () => {
  started = await startMailStack();
  ({ stack, mail, sql } = started);
});
afterAll(() => started?.stop());
beforeEach(() => started.resetRateLimits());

const newEmail = () => `bounded-${++people}@example.com`;

async function newMember(): Promise<{ visitor: Visitor; email: string }> {
  const email = newEmail();
  const visitor = new Visitor(stack.origin);
  await visitor.signUp(email, "Member", PASSWORD);
  return { visitor, email };
}

const signUp = (visitor: Visitor, fields: Record<string, unknown>) =>
  visitor.post("/api/auth/sign-up/email", { name: "Ada", email: newEmail(), password: PASSWORD, ...fields });

async function userRow(email: string) {
  const { rows } = await sql.query(`select * from "user" where email = $1`, [email]);
  return rows[0] as { id: string; name: string; image: string | null } | undefined;
}

/** Returns a new email address of this length. */
const emailOf = (length: number) => {
  const labels = `${"x".repeat(60)}.`.repeat(3);
  const start = `${String(++people).padStart(60, "a")}@${labels}`;
  return `${start}${"y".repeat(length - start.length - ".com".length)}.com`;
};
const imageOf = (length: number) => "https://example.com/".padEnd(length, "x");

const cookieBytes = (visitor: Visitor) => Buffer.byteLength(visitor.cookieHeader);

describe("a value over its limit is refused, with the field and the limit", () => {
  const image = { field: "image", limit: 2_048, code: "INVALID_IMAGE" };
  const name = { field: "name", limit: 100, code: "INVALID_NAME" };
  const images = [
    imageOf(2_049),
    `https://example.com/${"é".repeat(1_000)}`,
    "http://example.com/a.png",
    "javascript:alert(1)",
    `data:image/png;base64,${"A".repeat(12_000)}`,
    "a.png",
    1,
    { url: "x" },
  ];
  const refused: [what: string, fields: Record<string, unknown>, body: object][] = [
    ...images.map((value) => [`the image ${String(value).slice(0, 30)}`, { image: value }, image] as const),
    ...["", "  ", "x".repeat(101), "😀".repeat(51), 7, null].map(
      (value) => [`the name ${String(value).slice(0, 30)}`, { name: value }, name] as const,
    ),
  ].map(([what, fields, body]) => [what, { ...fields }, body]);

  it.each(refused)("at sign-up: %s", async (_, fields, body) => {
    const response = await signUp(new Visitor(stack.origin), fields);
    expect([response.status, await response.json()]).toMatchObject([400, body]);
  });

  it.each(refused)("at update-user: %s", async (_, fields, body) => {
    const { visitor, email } = await newMember();
    const response = await visitor.post("/api/auth/update-user", fields);
    expect([response.status, await response.json()]).toMatchObject([400, body]);
    expect(await userRow(email)).toMatchObject({ name: "Member", image: null });
  });

  it("an email, at sign-up and at a change", async () => {
    const email = emailOf(255);
    const body = { field: "email", limit: 254, code: "EMAIL_TOO_LONG" };
    const response = await signUp(new Visitor(stack.origin), { email });
    expect([response.status, await response.json()]).toMatchObject([400, body]);
    const { visitor } = await newMember();
    const change = await visitor.post("/api/auth/change-email", { newEmail: email, password: PASSWORD });
    expect([change.status, await change.json()]).toMatchObject([400, body]);
  });
});

describe("a value at its limit is stored", () => {
  it.each([
    ["a name of 100 characters", { name: "名".repeat(100) }],
    ["an image of 2,048", { image: imageOf(2_048) }],
    ["no image", { image: "" }],
    ["an email of 254", { email: emailOf(254) }],
  ])("%s", async (_, fields) => {
    expect((await signUp(new Visitor(stack.origin), fields)).status).toBe(200);
  });

  it("an image can be changed and removed without a name", async () => {
    const { visitor, email } = await newMember();
    expect((await visitor.post("/api/auth/update-user", { image: imageOf(100) })).status).toBe(200);
    expect(await userRow(email)).toMatchObject({ name: "Member", image: imageOf(100) });
    expect((await visitor.post("/api/auth/update-user", { image: null })).status).toBe(200);
    expect(await userRow(email)).toMatchObject({ image: null });
  });
});

describe("a user agent", () => {
  it("is cut to 512 characters", async () => {
    const email = newEmail();
    const response = await new Visitor(stack.origin).post(
      "/api/auth/sign-up/email",
      { name: "Ada", email, password: PASSWORD },
      { "user-agent": `Mozilla/5.0 ${"x".repeat(10_000)}` },
    );
    expect(response.status).toBe(200);
    const { rows } = await sql.query(
      `select "userAgent" from session join "user" on "user".id = "userId" where email = $1`,
      [email],
    );
    expect(rows[0].userAgent).toMatch(/^Mozilla\/5\.0 x+…$/);
    expect(rows[0].userAgent).toHaveLength(512);
  });
});

describe("the cookies stay below 3,800 bytes", () => {
  const worst: [what: string, fields: Record<string, unknown>, hasCache: boolean][] = [
    ["without an image, all else at its limit", { name: `${"\u0001".repeat(99)}x` }, true],
    ["with a name of three-byte characters", { name: "名".repeat(100) }, true],
    ["with a name of four-byte characters", { name: "😀".repeat(50) }, true],
    ["with the longest image as well", { name: "名".repeat(100), image: imageOf(2_048) }, false],
    ["with an image of quotes", { image: `https://example.com/${"'".repeat(2_000)}` }, false],
  ];

  it.each(worst)("%s", async (_, fields, hasCache) => {
    const visitor = new Visitor(stack.origin);
    const email = emailOf(254);
    const agent = { "user-agent": `"${"\\".repeat(600)}` };
    const post = (path: string, body: unknown) => visitor.post(`/api/auth${path}`, body, agent);
    const steps = [
      () => post("/sign-up/email", { name: "Ada", email, password: PASSWORD, ...fields }),
      () => visitor.fetch("/api/auth/get-session?disableCookieCache=true"),
      () => post("/update-user", fields),
      () => visitor.fetch("/device"),
      () => post("/sign-in/email", { email, password: PASSWORD, rememberMe: false }),
      () => visitor.fetch("/device"),
      () => visitor.fetch("/backend/api/me"),
    ];
    for (const step of steps) {
      expect((await step()).status).toBe(200);
      expect(cookieBytes(visitor)).toBeLessThan(COOKIE_BUDGET);
      expect([...visitor.cookies.keys()].some((name) => name.endsWith("session_data"))).toBe(hasCache);
    }
  });
});

describe("an account from before the limits", () => {
  const outgrown: [what: string, column: string, value: string, repair: object][] = [
    ["an image of 12 kB", "image", imageOf(12_000), { image: null }],
    ["an image of 5 MB", "image", imageOf(5_000_000), { image: imageOf(100) }],
    ["a name of 20 kB", "name", "名".repeat(7_000), { name: "Ada" }],
  ];

  it.each(outgrown)(
    "with %s signs in, works, is repaired, and signs out",
    async (_, column, value, repair) => {
      const { visitor: first, email } = await newMember();
      await sql.query(`update "user" set ${column} = $2 where email = $1`, [email, value]);
      // Without the old cookie cache, as if it had expired. The response sets a new one.
      first.cookies.delete("better-auth.session_data");
      expect((await first.fetch("/device")).status).toBe(200);
      expect(cookieBytes(first)).toBeLessThan(COOKIE_BUDGET);

      const visitor = new Visitor(stack.origin);
      expect((await visitor.signIn(email, PASSWORD)).status).toBe(200);
      for (const path of ["/device", "/", "/account", "/backend/api/me", "/backend/api/tasks"]) {
        expect((await visitor.fetch(path)).status, path).toBe(200);
        expect(cookieBytes(visitor)).toBeLessThan(COOKIE_BUDGET);
      }
      expect((await visitor.post("/api/auth/update-user", repair)).status).toBe(200);
      expect(visitor.cookies.has("better-auth.session_data")).toBe(true);
      expect((await visitor.post("/api/auth/sign-out", {})).status).toBe(200);
      expect(visitor.cookieHeader).toBe("");
    },
  );

  async function memberWithEmail(length: number): Promise<{ visitor: Visitor; email: string }> {
    const { email: before } = await newMember();
    const email = `${"a".repeat(length - "@example.com".length)}@example.com`;
    await sql.query(`update "user" set email = $2 where email = $1`, [before, email]);
    const visitor = new Visitor(stack.origin);
    expect((await visitor.signIn(email, PASSWORD)).status).toBe(200);
    for (const path of ["/device", "/account", "/backend/api/me"]) {
      expect((await visitor.fetch(path)).status, path).toBe(200);
      expect(cookieBytes(visitor)).toBeLessThan(COOKIE_BUDGET);
    }
    return { visitor, email };
  }

  it("with an email of 8,000 characters signs in, changes it, and signs out", async () => {
    const { visitor } = await memberWithEmail(8_000);
    const to = newEmail();
    const change = { newEmail: to, password: PASSWORD };
    expect((await visitor.post("/api/auth/change-email", change)).status).toBe(200);
    const { pathname, search } = new URL((await mail.next(to)).link);
    const followed = await visitor.fetch(pathname + search);
    expect(followed.headers.get("location")).toBe("/verify-email?done=changed");
    expect((await visitor.post("/api/auth/sign-out", {})).status).toBe(200);
    expect(visitor.cookieHeader).toBe("");
    expect((await visitor.signIn(to, PASSWORD)).status).toBe(200);
  });

  it("with an email of 12,018 characters signs in, signs out, and can be deleted", async () => {
    const { visitor, email } = await memberWithEmail(12_018);
    expect((await visitor.post("/api/auth/sign-out", {})).status).toBe(200);
    expect(visitor.cookieHeader).toBe("");
    await visitor.signIn(email, PASSWORD);
    expect((await visitor.post("/api/auth/delete-user", { password: PASSWORD })).status).toBe(200);
    expect(await userRow(email)).toBeUndefined();
  });

  it("whose browser has chunks of a long cookie cache gets them expired by the next response", async () => {
    for (const visit of [
      (visitor: Visitor) => visitor.fetch("/device"),
      (visitor: Visitor) => visitor.fetch("/api/auth/get-session"),
      (visitor: Visitor) => visitor.post("/api/auth/sign-out", {}),
      (visitor: Visitor) => visitor.signIn("nobody@example.com"),
    ]) {
      const { visitor } = await newMember();
      visitor.cookies.delete("better-auth.session_data");
      for (const index of [0, 1, 2]) {
        visitor.cookies.set(`better-auth.session_data.${index}`, "x".repeat(3_900));
      }
      await visit(visitor);
      expect([...visitor.cookies.keys()].filter((name) => name.includes("session_data."))).toEqual([]);
    }
  });
});

describe("the forms", () => {
  it.each([
    ["/signup", { name: 100, email: 254 }],
    ["/login", { email: 254 }],
    ["/forgot-password", { email: 254 }],
    ["/account", { name: 100, email: 254 }],
  ])("%s take no more than the server does", async (path, fields) => {
    const visitor = path === "/account" ? (await newMember()).visitor : new Visitor(stack.origin);
    const page = await (await visitor.fetch(path)).text();
    for (const [name, limit] of Object.entries(fields)) {
      const input = page.match(new RegExp(`<input[^>]* name="${name}"[^>]*>`))?.[0];
      expect(input, name).toMatch(new RegExp(`maxlength="${limit}"`, "i"));
    }
  });
});

describe("a body of more than 64 kB", () => {
  const post = (headers: Record<string, string>, size: number) =>
    new Promise<{ status: number; requestId: unknown; body: string }>((resolve, reject) => {
      const sent = request(`${stack.origin}/api/auth/sign-up/email`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: stack.origin, ...headers },
      });
      sent.on("error", reject);
      sent.on("response", (response) => {
        let body = "";
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, requestId: response.headers["x-request-id"], body }),
        );
      });
      const fields = { name: "Ada", email: newEmail(), password: PASSWORD, image: "x".repeat(size) };
      sent.end(JSON.stringify(fields));
    });

  it.each([
    ["with its length", 70_000, {}],
    ["of 5 MB", 5_000_000, {}],
    ["in chunks", 70_000, { "transfer-encoding": "chunked" }],
  ])("%s is refused with 413", async (_, size, headers) => {
    const { status, requestId, body } = await post(headers, size);
    expect(status).toBe(413);
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.parse(body)).toMatchObject({ code: "gate_body_too_large" });
  });
});

describe("a custom field", () => {
  /** A validator without a limit (https://standardschema.dev). */
  const anything = {
    "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value: String(value) }) },
  } as const;
  const fields = {
    motto: { type: "string", required: false },
    bio: { type: "string", required: false, validator: { input: anything } },
    tags: { type: "string[]", required: false },
  } as const;
  let auth: ReturnType<typeof create>;

  const create = () => {
    const database = createDatabase(
      parseEnv(testEnv({ DATABASE_URL: stack.databaseUrl, NEON_ENDPOINT: stack.neonEndpoint })),
    );
    return betterAuth({
      baseURL: "http://localhost:3000",
      secret: AUTH_SECRET,
      database,
      emailAndPassword: { enabled: true },
      user: { additionalFields: fields },
      session: { additionalFields: { theme: { type: "string", required: false } } },
      plugins: [storedFields(fields)],
    });
  };

  beforeAll(async () => {
    await sql.query(`alter table "user" add motto text, add bio text, add tags jsonb`);
    await sql.query("alter table session add theme text");
    auth = create();
  });
  afterAll(async () => {
    await sql.query(`alter table "user" drop motto, drop bio, drop tags`);
    await sql.query("alter table session drop theme");
  });

  const post = (path: string, body: unknown, cookie = "") =>
    auth.handler(
      new Request(`http://localhost:3000/api/auth${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: "http://localhost:3000", cookie },
        body: JSON.stringify(body),
      }),
    );

  const cases: [field: string, value: unknown, limit: number][] = [
    ["motto", "x".repeat(256), 255],
    ["bio", "x".repeat(2_049), 2_048],
    ["tags", Array(100).fill("tag"), 255],
  ];
  it.each(cases)("%s is refused over its limit, at sign-up and later", async (field, value, limit) => {
    const person = { name: "Ada", email: newEmail(), password: PASSWORD };
    const refused = await post("/sign-up/email", { ...person, [field]: value });
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { field, limit, code: "FIELD_TOO_LONG" },
    ]);
    const signedUp = await post("/sign-up/email", person);
    expect(signedUp.status).toBe(200);
    const cookie = signedUp.headers
      .getSetCookie()
      .map((one) => one.split(";")[0])
      .join("; ");
    const update = await post("/update-user", { [field]: value }, cookie);
    expect([update.status, await update.json()]).toMatchObject([400, { field, limit }]);
    const session = await post("/update-session", { theme: "x".repeat(256) }, cookie);
    expect([session.status, await session.json()]).toMatchObject([400, { field: "theme", limit: 255 }]);
    expect(
      (await post("/update-user", { motto: "x".repeat(255), bio: "x".repeat(300) }, cookie)).status,
    ).toBe(200);
  });
});
