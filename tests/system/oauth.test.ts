import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { createSignedCookies } from "../../lib/auth/signed-cookies";
import { openKeyRing } from "../../lib/token/key-ring";
import { AUTH_SECRET } from "../../scripts/stack/signing";
import { type App, startApp } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { type OAuthServer, type Person, startOAuthServer } from "../fixtures/oauth-server";

/**
 * Sign-in through GitHub and Google. A test server replaces both, and the app calls it by their real
 * host names.
 */

const PASSWORD = "correct-horse-battery";
const sites = ["github", "google"] as const;

let other: OAuthServer;
let app: App;
let sql: Client;
let people = 0;

beforeAll(async () => {
  other = await startOAuthServer();
  app = await startApp({ BACKEND_URL: "http://127.0.0.1:9", ...other.env });
  sql = new Client({ connectionString: app.databaseUrl });
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await app?.stop();
  await other?.stop();
});
beforeEach(async () => {
  await sql.query(`delete from "rateLimit"`);
});

function createPerson(more: Partial<Person> = {}): Person {
  const id = ++people;
  return { id, name: "Octo", email: `octo-${id}@example.com`, emailVerified: true, ...more };
}

interface Arrival {
  visitor: Visitor;
  /** The path and query at which the browser arrives. */
  at: string;
}

/** Goes from the app's button to the other site and back. */
async function signInThrough(
  site: (typeof sites)[number],
  person: Person,
  { label = "Allow" as "Allow" | "Deny", visitor = new Visitor(app.origin) } = {},
): Promise<Arrival> {
  other.signInAs(person);
  const started = await visitor.post("/api/auth/sign-in/social", {
    provider: site,
    callbackURL: "/device",
    errorCallbackURL: "/login?next=%2Fdevice",
  });
  expect(started.status).toBe(200);
  const { url } = (await started.json()) as { url: string };
  const back = other.followLink(new URL(url), label);
  expect(back.origin + back.pathname).toBe(`${app.origin}/api/auth/callback/${site}`);
  const response = await visitor.fetch(back.pathname + back.search);
  expect(response.status).toBe(302);
  const to = new URL(response.headers.get("location") ?? "", app.origin);
  return { visitor, at: to.pathname + to.search };
}

async function accountsOf(email: string): Promise<string[]> {
  const { rows } = await sql.query(
    `select "providerId" from account join "user" on "user".id = "userId" where email = $1 order by 1`,
    [email],
  );
  return rows.map(({ providerId }) => providerId);
}

async function signUp(email: string, confirmed: boolean): Promise<void> {
  await new Visitor(app.origin).signUp(email, "Member", PASSWORD);
  await sql.query(`update "user" set "emailVerified" = $2 where email = $1`, [email, confirmed]);
}

it("the start of a sign-in signs no cookie and stores no row: its state is in an encrypted cookie", async () => {
  const { rows: before } = await sql.query("select count(*)::int as count from verification");
  const visitor = new Visitor(app.origin);
  await visitor.post("/api/auth/sign-in/social", { provider: "github", callbackURL: "/device" });
  const { isSigned } = createSignedCookies(openKeyRing([AUTH_SECRET]));
  expect([...visitor.cookies.keys()]).toEqual(["better-auth.oauth_state"]);
  for (const value of visitor.cookies.values()) expect(await isSigned(value)).toBe(false);
  const { rows: after } = await sql.query("select count(*)::int as count from verification");
  expect(after).toEqual(before);
});

describe.each(sites)("%s", (site) => {
  it("creates an account, signs in to it, and signs in again the next time", async () => {
    const person = createPerson();
    const first = await signInThrough(site, person);
    expect(first.at).toBe("/device");
    const session = (await (await first.visitor.fetch("/api/auth/get-session")).json()) as {
      user: { name: string; email: string; emailVerified: boolean };
    };
    expect(session.user).toMatchObject({ name: "Octo", email: person.email, emailVerified: true });
    expect((await signInThrough(site, person)).at).toBe("/device");
    expect(await accountsOf(person.email)).toEqual([site]);
  });

  it("has none of its tokens stored", async () => {
    const person = createPerson();
    await signInThrough(site, person);
    await signInThrough(site, person);
    expect(other.issued.length).toBeGreaterThan(1);
    const { rows } = await sql.query(`select * from account`);
    for (const { accessToken, refreshToken, idToken } of rows) {
      expect([accessToken, refreshToken, idToken]).toEqual([null, null, null]);
    }
  });

  it("leads back to sign-in if the person denies access", async () => {
    const { at, visitor } = await signInThrough(site, createPerson(), { label: "Deny" });
    expect(at).toBe("/login?next=%2Fdevice&error=access_denied");
    const page = await (await visitor.fetch(at, { headers: { accept: "text/html" } })).text();
    expect(page).toContain("You did not allow the other site to share your identity");
    expect(await (await visitor.fetch("/api/auth/get-session")).json()).toBeNull();
  });

  it("does not accept a response for another browser", async () => {
    const person = createPerson();
    other.signInAs(person);
    const attacker = new Visitor(app.origin);
    const started = await attacker.post("/api/auth/sign-in/social", {
      provider: site,
      callbackURL: "/device",
    });
    const { url } = (await started.json()) as { url: string };
    const back = other.followLink(new URL(url), "Allow");
    const victim = new Visitor(app.origin);
    const response = await victim.fetch(back.pathname + back.search);
    expect(response.headers.get("location")).toMatch(/\/login\?error=state_mismatch/);
    expect(await (await victim.fetch("/api/auth/get-session")).json()).toBeNull();
  });
});

describe.each(sites)("the profile from %s", (site) => {
  const stored = async (email: string) => {
    const { rows } = await sql.query(`select name, image from "user" where email = $1`, [email]);
    return rows[0];
  };

  it("is stored unchanged within the limits", async () => {
    const person = createPerson({ image: "https://example.com/octo.png" });
    expect((await signInThrough(site, person)).at).toBe("/device");
    expect(await stored(person.email)).toEqual({ name: "Octo", image: "https://example.com/octo.png" });
  });

  it.each([
    ["of 12 kB", `https://example.com/${"x".repeat(12_000)}`],
    ["that is no https address", "http://example.com/octo.png"],
    ["that is a picture", `data:image/png;base64,${"A".repeat(3_000)}`],
  ])("an image %s is left out, and does not fail the sign-in", async (_, image) => {
    const person = createPerson({ image });
    expect((await signInThrough(site, person)).at).toBe("/device");
    expect(await stored(person.email)).toEqual({ name: "Octo", image: null });
  });

  it("has a name cut that is too long", async () => {
    const person = createPerson({ name: "😀".repeat(1_000) });
    expect((await signInThrough(site, person)).at).toBe("/device");
    expect((await stored(person.email)).name).toBe(`${"😀".repeat(49)}…`);
  });

  it("loses characters of a name that no database can store", async () => {
    const person = createPerson({ name: "Oc\u0000to\ud800" });
    expect((await signInThrough(site, person)).at).toBe("/device");
    expect((await stored(person.email)).name).toBe("Octo");
  });

  it("creates no account if its email is too long, and the page explains this", async () => {
    const { at, visitor } = await signInThrough(
      site,
      createPerson({ email: `${"x".repeat(300)}@example.com` }),
    );
    expect(at).toMatch(/^\/login\?next=%2Fdevice&error=EMAIL_TOO_LONG/);
    const page = await (await visitor.fetch(at, { headers: { accept: "text/html" } })).text();
    expect(page).toContain("longer than 254 characters");
    expect(await (await visitor.fetch("/api/auth/get-session")).json()).toBeNull();
  });
});

describe("an existing account is opened only if both sides have verified the address", () => {
  const rows: [name: string, ours: boolean, theirs: boolean, linked: boolean][] = [
    ["when both sides have verified the address", true, true, true],
    ["not when only the other site has: another person may have signed up here with it", false, true, false],
    ["not when only this app has: another person may have the account at the other site", true, false, false],
    ["not when neither has", false, false, false],
  ];
  describe.each(rows)("%s", (_, ours, theirs, linked) => {
    test.each(sites)("%s", async (site) => {
      const person = createPerson({ emailVerified: theirs });
      await signUp(person.email, ours);
      const { at, visitor } = await signInThrough(site, person);
      expect(at).toBe(linked ? "/device" : "/login?next=%2Fdevice&error=account_not_linked");
      expect(await accountsOf(person.email)).toEqual(linked ? ["credential", site].sort() : ["credential"]);
      if (linked) return;
      const page = await (await visitor.fetch(at, { headers: { accept: "text/html" } })).text();
      expect(page).toContain("There is already an account with this email");
    });
  });
});

describe("a user without a password", () => {
  it("can delete the account within ten minutes of signing in, and not after", async () => {
    const person = createPerson();
    const { visitor } = await signInThrough("github", person);
    const old = `update session set "createdAt" = now() - interval '11 minutes' from "user" where "user".id = "userId" and email = $1`;
    await sql.query(old, [person.email]);
    const refused = await visitor.post("/api/auth/delete-user", {});
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      400,
      "SESSION_EXPIRED",
    ]);

    const { visitor: again } = await signInThrough("github", person);
    // The session is new enough now. The 503 is from the next step: FastAPI is not running.
    expect((await again.post("/api/auth/delete-user", {})).status).toBe(503);
  });
});

describe("the sign-in page", () => {
  it("offers the sites that are configured", async () => {
    const page = await (await new Visitor(app.origin).fetch("/login")).text();
    expect(page).toContain("Continue with <!-- -->GitHub");
    expect(page).toContain("Continue with <!-- -->Google");
  });

  it("offers no site if none is configured, and their routes are closed", async () => {
    const bare = await startApp({ BACKEND_URL: "http://127.0.0.1:9" });
    try {
      const visitor = new Visitor(bare.origin);
      expect(await (await visitor.fetch("/login")).text()).not.toContain("Continue with");
      const started = await visitor.post("/api/auth/sign-in/social", {
        provider: "github",
        callbackURL: "/",
      });
      expect(started.status).toBe(404);
    } finally {
      await bare.stop();
    }
  });
});
