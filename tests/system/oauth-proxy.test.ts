import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { routes } from "../../lib/routes";
import { freePort } from "../../scripts/lib/ports";
import { type App, startApp } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { openSealed, PROXY_SECRET, seal } from "../fixtures/oauth-proxy";
import { type OAuthServer, type Person, startOAuthServer } from "../fixtures/oauth-server";

/**
 * Sign-in through GitHub and Google on a preview, with the callback address of production. Both are
 * deployments of the same build, with different secrets and databases.
 */

const SECRETS_OF_PREVIEW = {
  BETTER_AUTH_SECRET: "preview-auth-secret-preview-auth-secret-1",
  JWT_SECRET_KEY: "preview-jwt-key-preview-jwt-key-preview-1",
  // Only production exchanges codes, so a preview needs no client secret.
  GITHUB_CLIENT_SECRET: "none",
  GOOGLE_CLIENT_SECRET: "none",
};
const BACKEND_URL = "http://127.0.0.1:9";
const sites = ["github", "google"] as const;
type Site = (typeof sites)[number];

let other: OAuthServer;
let production: App;
let preview: App;
let people = 0;

beforeAll(async () => {
  other = await startOAuthServer();
  const port = await freePort();
  production = await startApp({
    BACKEND_URL,
    ...other.env,
    OAUTH_PROXY_SECRET: PROXY_SECRET,
    OAUTH_PROXY_PREVIEWS: `https://app-*.example.com,http://127.0.0.1:${port}`,
  });
  preview = await startPreview({}, port);
});
afterAll(async () => {
  await preview?.stop();
  await production?.stop();
  await other?.stop();
});
beforeEach(async () => {
  for (const app of [production, preview]) await query(app, `delete from "rateLimit"`);
});

function startPreview(more: Record<string, string>, port?: number): Promise<App> {
  const proxy = { OAUTH_PROXY_SECRET: PROXY_SECRET, OAUTH_PROXY_URL: production.origin };
  return startApp({ BACKEND_URL, ...other.env, ...SECRETS_OF_PREVIEW, ...proxy, ...more }, undefined, {
    port,
  });
}

function createPerson(more: Partial<Person> = {}): Person {
  const id = ++people;
  return { id, name: "Octo", email: `proxied-${id}@example.com`, emailVerified: true, ...more };
}

async function query(app: App, text: string, values: unknown[] = []) {
  const sql = new Client({ connectionString: app.databaseUrl });
  await sql.connect();
  const { rows } = await sql.query(text, values);
  await sql.end();
  return rows;
}

const accountsOf = (app: App, email: string) =>
  query(app, `select account.* from account join "user" on "user".id = "userId" where email = $1`, [email]);

async function userOf(visitor: Visitor): Promise<string | undefined> {
  const session = (await (await visitor.fetch("/api/auth/get-session")).json()) as {
    user: { email: string };
  } | null;
  return session?.user.email;
}

/** Starts the sign-in on the app of the visitor. Returns the address of the other site. */
async function start(visitor: Visitor, site: Site = "github"): Promise<URL> {
  const response = await visitor.post("/api/auth/sign-in/social", {
    provider: site,
    callbackURL: "/tasks",
    errorCallbackURL: "/login?next=%2Ftasks",
  });
  expect(response.status).toBe(200);
  return new URL(((await response.json()) as { url: string }).url);
}

/** Follows the link on the other site's page to production's callback. Returns its redirect. */
async function callProduction(url: URL, label: "Allow" | "Deny" = "Allow"): Promise<URL> {
  const back = other.followLink(url, label);
  expect(back.origin).toBe(production.origin);
  const browser = new Visitor(production.origin);
  const response = await browser.fetch(back.pathname + back.search, { headers: { accept: "text/html" } });
  expect(response.status).toBe(302);
  expect(browser.cookies.size).toBe(0);
  return new URL(response.headers.get("location") ?? "", production.origin);
}

/** Opens the address to which production has redirected. Returns where that leads. */
async function finish(visitor: Visitor, { pathname, search }: URL): Promise<string> {
  const response = await visitor.fetch(pathname + search, { headers: { accept: "text/html" } });
  expect(response.status).toBe(302);
  return response.headers.get("location") ?? "";
}

const REFUSED = /\/login\?(.*&)?error=/;

/** The redirect to the preview, with another profile. */
async function withProfile(to: URL, change: (profile: Record<string, unknown>) => unknown, secret?: string) {
  const changed = new URL(to);
  const profile = await openSealed("profile", to.searchParams.get("profile") ?? "");
  changed.searchParams.set("profile", await seal("profile", change(profile), secret));
  return changed;
}

describe.each(sites)("sign-in through %s on a preview", (site) => {
  it("ends with a session on the preview, and creates nothing in production", async () => {
    const person = createPerson();
    other.signInAs(person);
    for (const _ of ["creates the account", "finds it again"]) {
      const visitor = new Visitor(preview.origin);
      const to = await callProduction(await start(visitor, site));
      expect(to.origin + to.pathname).toBe(`${preview.origin}/api/auth/callback/${site}/oauth-proxy`);
      expect(await finish(visitor, to)).toBe("/tasks");
      expect(await userOf(visitor)).toBe(person.email);
    }
    const accounts = await accountsOf(preview, person.email);
    expect(accounts.map(({ providerId, accountId }) => [providerId, accountId])).toEqual([
      [site, String(person.id)],
    ]);
    for (const { accessToken, refreshToken, idToken } of accounts) {
      expect([accessToken, refreshToken, idToken]).toEqual([null, null, null]);
    }
    expect(await query(production, `select 1 from "user" where email = $1`, [person.email])).toEqual([]);
  });

  it("puts no token and no profile into an address that a person without the secret could read", async () => {
    const person = createPerson();
    other.signInAs(person);
    const url = await start(new Visitor(preview.origin), site);
    const to = await callProduction(url);
    for (const address of [url.href, to.href]) {
      expect(other.issued.filter((token) => address.includes(token))).toEqual([]);
      expect(address).not.toContain(person.email);
      expect(address).not.toContain(encodeURIComponent(person.email));
      // nginx and others refuse a request line of more than 8 kB.
      expect(address.length).toBeLessThan(4_000);
    }
  });

  it("puts no token of the other site into the address even in encrypted form", async () => {
    other.signInAs(createPerson());
    const to = await callProduction(await start(new Visitor(preview.origin), site));
    const profile = await openSealed("profile", to.searchParams.get("profile") ?? "");
    expect(Object.keys(profile.account).filter((name) => /token$/i.test(name))).toEqual([]);
    const text = JSON.stringify(profile);
    expect(text).not.toMatch(/eyJ/);
    expect(other.issued.filter((token) => text.includes(token))).toEqual([]);
  });

  it("leads back to the sign-in page of the preview if the person denies access", async () => {
    const visitor = new Visitor(preview.origin);
    const to = await callProduction(await start(visitor, site), "Deny");
    expect(to.href).toBe(`${preview.origin}/login?next=%2Ftasks&error=access_denied`);
  });
});

describe("the preview", () => {
  const completed = async (person = createPerson()) => {
    other.signInAs(person);
    const visitor = new Visitor(preview.origin);
    const to = await callProduction(await start(visitor));
    return { person, visitor, to };
  };

  it("refuses a response that has been used already, in the same browser and in another", async () => {
    const { visitor, to } = await completed();
    const copy = new Visitor(preview.origin);
    expect(await finish(visitor, to)).toBe("/tasks");
    for (const again of [visitor, copy]) expect(await finish(again, to)).toMatch(/error=state_mismatch$/);
    expect(await userOf(copy)).toBeUndefined();
  });

  it("refuses a response for another browser", async () => {
    const { to } = await completed();
    const victim = new Visitor(preview.origin);
    await start(victim);
    expect(await finish(victim, to)).toMatch(/error=state_mismatch$/);
    expect(await userOf(victim)).toBeUndefined();
  });

  test.each<[string, (profile: Record<string, unknown>) => unknown, string?]>([
    ["is older than a minute", (profile) => ({ ...profile, timestamp: Date.now() - 61_000 })],
    ["is from the future", (profile) => ({ ...profile, timestamp: Date.now() + 61_000 })],
    ["was encrypted with another secret", (profile) => profile, "another-secret-another-secret-another-1"],
    ["is for another sign-in", (profile) => ({ ...profile, state: "x".repeat(32) })],
    ["is of another site", (profile) => ({ ...profile, account: { providerId: "google", accountId: "1" } })],
    ["leads to another origin", (profile) => ({ ...profile, callbackURL: "https://evil.example/" })],
  ])("refuses a profile that %s", async (_, change, secret) => {
    const { visitor, to } = await completed();
    const at = await finish(visitor, await withProfile(to, change, secret));
    expect(at).toMatch(REFUSED);
    expect(new URL(at, preview.origin).origin).toBe(preview.origin);
    expect(await userOf(visitor)).toBeUndefined();
  });

  it("refuses a profile that was changed", async () => {
    const { visitor, to } = await completed();
    const profile = to.searchParams.get("profile") ?? "";
    to.searchParams.set("profile", profile.slice(0, -1) + (profile.endsWith("0") ? "1" : "0"));
    expect(await finish(visitor, to)).toMatch(REFUSED);
    expect(await userOf(visitor)).toBeUndefined();
  });

  it("keeps the rule about existing accounts", async () => {
    const person = createPerson();
    await new Visitor(preview.origin).signUp(person.email, "Member", "correct-horse-battery");
    const { visitor, to } = await completed(person);
    expect(await finish(visitor, to)).toContain("error=account_not_linked");
    expect(await userOf(visitor)).toBeUndefined();
  });

  it("keeps its own address for everything else after such a sign-in", async () => {
    const { visitor, to } = await completed();
    await finish(visitor, to);
    const page = await visitor.fetch("/login", { headers: { accept: "text/html" } });
    expect([page.status, page.headers.get("location")]).toEqual([307, routes.home]);
    const evil = { provider: "github", callbackURL: "https://evil.example/" };
    expect((await visitor.post("/api/auth/sign-in/social", evil)).status).toBe(403);
  });
});

describe("production", () => {
  it("signs in as usual at its own address", async () => {
    const person = createPerson();
    other.signInAs(person);
    const visitor = new Visitor(production.origin);
    const back = other.followLink(await start(visitor), "Allow");
    expect(await finish(visitor, back)).toBe("/tasks");
    expect(await userOf(visitor)).toBe(person.email);
  });

  it("does not accept a profile, even from a person who has the secret", async () => {
    const visitor = new Visitor(production.origin);
    const state = (await start(visitor)).searchParams.get("state");
    const profile = await seal("profile", {
      userInfo: { id: "1", email: "owner@example.com", name: "Owner", emailVerified: true },
      account: { providerId: "github", accountId: "1" },
      ...{ state, callbackURL: "/tasks", timestamp: Date.now() },
    });
    const query = new URLSearchParams({ callbackURL: "/tasks", profile });
    const response = await visitor.fetch(`/api/auth/callback/github/oauth-proxy?${query}`);
    expect(response.status).toBe(404);
    expect(await userOf(visitor)).toBeUndefined();
  });

  it("does not send a profile to an address that is not listed, even for a person who has the secret", async () => {
    other.signInAs(createPerson());
    const url = await start(new Visitor(preview.origin));
    const outer = await openSealed("package", url.searchParams.get("state") ?? "");
    const state = await openSealed("state", outer.stateCookie);
    const callbackURL = state.callbackURL.replace(preview.origin, "https://evil.example");
    const stateCookie = await seal("state", { ...state, callbackURL });
    url.searchParams.set("state", await seal("package", { ...outer, stateCookie }));
    const to = await callProduction(url);
    expect(to.origin).toBe(production.origin);
    expect(to.pathname + to.search).toBe("/login?error=UNTRUSTED_PREVIEW");
  });

  it("refuses a preview that has another secret", async () => {
    const stranger = await startPreview({ OAUTH_PROXY_SECRET: "another-secret-another-secret-another-1" });
    try {
      const to = await callProduction(await start(new Visitor(stranger.origin)));
      expect(to.origin).toBe(production.origin);
      expect(to.pathname + to.search).toMatch(REFUSED);
    } finally {
      await stranger.stop();
    }
  });
});
