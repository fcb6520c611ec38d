import { createHmac, randomBytes } from "node:crypto";
import pg from "pg";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { launchBrowser } from "../../../scripts/lib/chromium";
import { isFull } from "../../../scripts/lib/full-tests";
import { Visitor } from "../../../scripts/stack/visitor";
import { buildExistingApp, ENV_BEFORE, type ExistingApp } from "../../fixtures/existing-app";
import { everyNth } from "../../fixtures/full";

/** The app of a team behind the gate, as docs/existing-app.md puts it there. */

let example: ExistingApp;
beforeAll(async () => {
  example = await buildExistingApp();
}, 600_000);
afterAll(() => example?.stop());

const EMAIL = "ada@example.com";
const WEBHOOK = "/backend/webhooks/payments";
const DOCUMENT = { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

const signatureOf = (body: string) =>
  createHmac("sha256", "from-the-payment-service").update(body).digest("hex");
const codeOf = async (response: Response) => [response.status, (await response.json()).code];

async function query(text: string, values: unknown[] = []): Promise<void> {
  const client = new pg.Client(example.databaseUrl);
  await client.connect();
  await client.query(text, values);
  await client.end();
}

test("the steps of the page keep what .env.local had before", () => {
  expect(example.envFile.startsWith(`${ENV_BEFORE}\n`)).toBe(true);
  expect(example.envFile.match(/^JWT_SECRET_KEY=/gm)).toHaveLength(1);
  expect(example.envFile).toMatch(/^REPORTS_URL=http:\/\/127\.0\.0\.1:\d+$/m);
});

describe.each(everyNth(2, ["rewrite", "relay"]))(
  "the app of docs/existing-app.md, with forwarding by %s",
  (forwarding) => {
    let origin: string;
    let visitor: Visitor;
    let member: Visitor;
    let admin: Visitor;

    beforeAll(async () => {
      origin = await example.start({ BACKEND_FORWARD: forwarding });
      visitor = new Visitor(origin);
      member = new Visitor(origin);
      await member.signUp(`${forwarding}-${EMAIL}`);
      admin = await signUpAdmin(`admin-${forwarding}-${EMAIL}`);
    });

    /** Signs up, then changes the row of the user as docs/existing-app.md does, and signs in again. */
    async function signUpAdmin(email: string): Promise<Visitor> {
      await new Visitor(origin).signUp(email);
      await query(`update "user" set tenant = 'acme', role = 'admin' where email = $1`, [email]);
      const changed = new Visitor(origin);
      await changed.signIn(email);
      return changed;
    }

    const json = async (who: Visitor, path: string) => (await who.fetch(path)).json();

    it("passes a payment webhook byte for byte, without cookie or token", async () => {
      const body = `{ "order" :\t"${forwarding} \u00fc" }\n`;
      const headers = { "content-type": "application/json", "x-payments-signature": signatureOf(body) };
      for (const sender of [visitor, member]) {
        const response = await sender.fetch(WEBHOOK, { method: "POST", body, headers });
        expect(response.status).toBe(204);
      }
      const forged = { ...headers, "x-payments-signature": signatureOf(`${body} `) };
      expect((await visitor.fetch(WEBHOOK, { method: "POST", body, headers: forged })).status).toBe(401);
      const unreadable = { ...headers, "x-payments-signature": "\u00e9" };
      expect((await visitor.fetch(WEBHOOK, { method: "POST", body, headers: unreadable })).status).toBe(401);
      expect(await json(admin, "/backend/api/admin/orders")).toContain(`${forwarding} \u00fc`);
    });

    it("opens a path of the API to everyone", async () => {
      expect(await json(visitor, "/backend/api/prices")).toEqual({ basic: 900, team: 2900 });
    });

    it("passes the user to an optional path, if there is one", async () => {
      expect(await json(visitor, "/backend/api/articles")).toEqual(["Opening day"]);
      expect(await json(member, "/backend/api/articles")).toEqual(["Opening day", "A draft for Ada"]);
    });

    it("protects every path and page that is in no list", async () => {
      expect(await codeOf(await visitor.fetch("/backend/api/projects"))).toEqual([401, "gate_signed_out"]);
      expect(await codeOf(await visitor.fetch("/reports/api/summary"))).toEqual([401, "gate_signed_out"]);
      const page = await visitor.fetch("/en/export", { headers: DOCUMENT });
      expect([page.status, page.headers.get("location")]).toEqual([307, "/en/login?next=%2Fen%2Fexport"]);
    });

    it("waits for a slow response, and so does a page that calls FastAPI", async () => {
      const [direct, page] = await Promise.all([
        member.fetch("/backend/api/export?seconds=9"),
        member.fetch("/en/export"),
      ]);
      expect([direct.status, page.status]).toEqual([200, 200]);
      expect(await page.text()).toContain("Exported");
    });

    it.runIf(isFull)("waits for a response of 35 seconds", async () => {
      expect((await member.fetch("/backend/api/export?seconds=35")).status).toBe(200);
    });

    it("passes server-sent events one by one", async () => {
      const { body } = await member.fetch("/backend/api/progress");
      const times: number[] = [];
      let text = "";
      for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
        times.push(Date.now());
        text += chunk;
      }
      expect(text).toBe("data: 1\n\ndata: 2\n\ndata: 3\n\n");
      // FastAPI sends one each second.
      expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1_000);
    });

    it("passes an upload of 12 MB, and a part of it back", async () => {
      const content = randomBytes(12 * 1024 * 1024);
      const path = "/backend/api/files/plan.bin";
      const upload = await member.fetch(path, { method: "PUT", body: content, headers: { origin } });
      expect([upload.status, await upload.json()]).toEqual([201, { size: content.length }]);
      const part = await member.fetch(path, { headers: { range: "bytes=1000-1999" } });
      expect([part.status, part.headers.get("content-range")]).toEqual([
        206,
        `bytes 1000-1999/${content.length}`,
      ]);
      expect(Buffer.from(await part.arrayBuffer()).equals(content.subarray(1000, 2000))).toBe(true);
      expect((await admin.fetch(path)).status).toBe(404);
    });

    it("lets only an admin use the administration", async () => {
      expect(await codeOf(await member.fetch("/backend/api/admin/orders"))).toEqual([403, "gate_forbidden"]);
      expect((await member.fetch("/en/admin")).status).toBe(404);
      expect(await (await admin.fetch("/en/admin")).text()).toContain("paid orders");
    });

    it("keeps the tenants apart", async () => {
      const project = { name: `Pier ${forwarding}` };
      expect((await admin.post("/backend/api/projects", project)).status).toBe(201);
      expect(await json(admin, "/backend/api/projects")).toContain(project.name);
      expect(await json(member, "/backend/api/projects")).not.toContain(project.name);
    });

    it("adds a project by a server action", async () => {
      const page = await (await member.fetch("/de/projects")).text();
      const [, action = ""] = page.match(/name="(\$ACTION_ID_[^"]+)"/) ?? [];
      const form = new FormData();
      form.set(action, "");
      form.set("name", `Crane ${forwarding}`);
      const send = (who: Visitor) =>
        who.fetch("/de/projects", { method: "POST", body: form, headers: { origin, ...DOCUMENT } });
      const refused = await send(visitor);
      expect([refused.status, refused.headers.get("location")]).toEqual([
        303,
        "/de/login?next=%2Fde%2Fprojects",
      ]);
      expect((await send(member)).status).toBe(200);
      expect(await json(member, "/backend/api/projects")).toContain(`Crane ${forwarding}`);
    });

    it("passes the tenant to the second service", async () => {
      expect(await json(admin, "/reports/api/summary")).toMatchObject({ tenant: "acme" });
      expect(await json(member, "/reports/api/summary")).toMatchObject({ tenant: "trial" });
    });

    it("deletes what FastAPI stores about a user when the account is deleted", async () => {
      const leaver = new Visitor(origin);
      await leaver.signUp(`leaver-${forwarding}-${EMAIL}`);
      const before = example.readApiLog().split('"DELETE /api/account HTTP/1.1" 204').length;
      const removed = await leaver.post("/api/auth/delete-user", { password: "correct-horse-battery" });
      expect(removed.status).toBe(200);
      await expect
        .poll(() => example.readApiLog().split('"DELETE /api/account HTTP/1.1" 204').length)
        .toBe(before + 1);
    });

    it("passes a cron route, which checks its own secret", async () => {
      const call = (secret: string) =>
        visitor.fetch("/api/cron/cleanup", { headers: { authorization: `Bearer ${secret}` } });
      expect((await call("wrong")).status).toBe(401);
      expect(await (await call(example.cronSecret)).json()).toEqual({ removed: 0 });
    });

    it("shows an image of public/ on the sign-in page", async () => {
      const page = await (await visitor.fetch("/en/login", { headers: DOCUMENT })).text();
      expect(page).toContain('src="/images/logo.svg"');
      const logo = await visitor.fetch("/images/logo.svg");
      expect([logo.status, logo.headers.get("content-type")]).toEqual([200, "image/svg+xml"]);
    });

    it("shows an image of public/ through next/image", async () => {
      const page = await (await visitor.fetch("/en/blog/opening-day")).text();
      const [, source = ""] = page.match(/src="(\/_next\/image[^"]+)"/) ?? [];
      const image = await visitor.fetch(source.replaceAll("&amp;", "&"));
      expect([image.status, image.headers.get("content-type")]).toEqual([200, "image/png"]);
    });

    it.each([
      ["/manifest.webmanifest", '"Harbour"'],
      ["/sitemap.xml", "https://harbour.example/de/blog/opening-day"],
      ["/robots.txt", "Disallow: /reports/"],
    ])("serves %s to everyone", async (path, text) => {
      const response = await visitor.fetch(path);
      expect([response.status, await response.text()]).toEqual([200, expect.stringContaining(text)]);
    });
  },
);

test("each service refuses the token of the other", async () => {
  const addresses = { BACKEND_URL: example.reports, REPORTS_URL: example.api };
  const member = new Visitor(await example.start(addresses));
  await member.signUp(`swapped-${EMAIL}`);
  const refused = [401, "token_wrong_audience"];
  expect(await codeOf(await member.fetch("/backend/api/summary"))).toEqual(refused);
  expect(await codeOf(await member.fetch("/reports/api/projects"))).toEqual(refused);
});

describe("the pages of the app in two languages", () => {
  let origin: string;
  let visitor: Visitor;
  let member: Visitor;

  beforeAll(async () => {
    origin = await example.start({});
    visitor = new Visitor(origin);
    member = new Visitor(origin);
    await member.signUp(`languages-${EMAIL}`);
  });

  const open = (who: Visitor, path: string, headers: Record<string, string> = {}) =>
    who.fetch(path, { headers: { ...DOCUMENT, ...headers } });
  /** A request without cookies. */
  const openFirst = (path: string, language: string) =>
    open(new Visitor(origin), path, { "accept-language": language });
  const policyOf = ({ headers }: Response) => headers.get("content-security-policy") ?? "";
  const cookiesOf = ({ headers }: Response) => headers.getSetCookie().map((text) => text.split("=", 1)[0]);

  it.each(["en", "de"])("lead a visitor whose browser prefers %s there from /", async (language) => {
    const { status, headers } = await openFirst("/", language);
    expect([status, headers.get("location")]).toEqual([307, `/${language}`]);
    expect(headers.get("cache-control")).toBe("private, no-store");
  });

  it.each([
    ["/en", "en", "Everything about your harbour"],
    ["/de", "de", "Alles über Ihren Hafen"],
    ["/en/blog/opening-day", "en", "We are open"],
    ["/de/blog/opening-day", "de", "Ab Montag haben wir geöffnet"],
  ])("are static at %s, with a policy without a nonce", async (path, language, text) => {
    const response = await openFirst(path, language);
    const html = await response.text();
    expect(html).toContain(`<html lang="${language}"`);
    expect(html).toContain(text);
    expect(html).not.toContain("nonce=");
    expect(policyOf(response)).toContain("'sha256-");
    expect(policyOf(response)).not.toContain("'nonce-");
    expect(response.headers.get("cache-control")).toContain("s-maxage");
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(response.headers.get("x-nextjs-cache")).toBe("HIT");
  });

  it.each(["/de/account-deleted", "/de/forgot-password", "/de/login"])(
    "contain the gate's own page %s, which is open",
    async (path) => {
      const response = await open(visitor, path);
      expect([response.status, await response.text()]).toEqual([
        200,
        expect.stringContaining('<html lang="de"'),
      ]);
    },
  );

  it("set the cookie of next-intl, and then no shared cache stores the page", async () => {
    const response = await openFirst("/de/blog/opening-day", "en");
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^NEXT_LOCALE=de;/)]);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(response.headers.get("link")).toContain('hreflang="en"');
  });

  it("lead a visitor to the sign-in page, in the language of the page", async () => {
    const response = await open(visitor, "/de/projects");
    expect([response.status, response.headers.get("location")]).toEqual([
      307,
      "/de/login?next=%2Fde%2Fprojects",
    ]);
    expect(await response.text()).not.toContain("Projekte");
  });

  it("show a member the page of a path in each language, with a nonce", async () => {
    for (const [path, text] of [
      ["/de/projects", "Projekte"],
      ["/en/projects", "Projects"],
    ] as const) {
      const response = await open(member, path);
      expect([response.status, await response.text()]).toEqual([200, expect.stringContaining(text)]);
      expect(policyOf(response)).toContain("'nonce-");
    }
  });

  it("send the session's cookies and the one of next-intl, and none of the headers for the page", async () => {
    const stale = new Visitor(origin);
    for (const [name, value] of member.cookies) {
      // Without the cookie cache the gate reads the store, and sets a new one.
      if (!/session_data|NEXT_LOCALE/.test(name)) stale.cookies.set(name, value);
    }
    const response = await open(stale, "/de/projects", { "accept-language": "en" });
    expect(response.status).toBe(200);
    expect(cookiesOf(response)).toEqual(
      expect.arrayContaining(["NEXT_LOCALE", expect.stringContaining("session_data")]),
    );
    const names = [...response.headers.keys()];
    expect(names.filter((name) => /^(x-middleware-|x-next-intl-|authorization|cookie)/.test(name))).toEqual(
      [],
    );
  });

  it("give the page the language of its path, not the one in a header of the client", async () => {
    const response = await open(member, "/de/projects", { "x-next-intl-locale": "en" });
    expect(await response.text()).toContain("Hinzufügen");
  });

  it.each([
    ["/de/blog/none", "visitor"],
    ["/de/none", "member"],
  ])("show at %s the not-found page in the language of the path", async (path, who) => {
    const response = await open(who === "member" ? member : visitor, path);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("Seite nicht gefunden");
  });

  it.each(["/fr/blog/opening-day", "/DE/projects", "/de/api/cron/cleanup", "/de/backend/api/prices"])(
    "protect %s, which is no page of a language",
    async (path) => {
      const { status, headers } = await open(new Visitor(origin), path);
      expect([status, headers.get("location")]).toEqual([307, expect.stringMatching(/\/login\?next=/)]);
    },
  );

  it("keep the limit of /account in maxStale at /de/account", async () => {
    const leaver = new Visitor(origin);
    await leaver.signUp(`ended-${EMAIL}`);
    expect((await open(leaver, "/de/projects")).status).toBe(200);
    await query(`delete from session using "user" where "userId" = "user".id and email = $1`, [
      `ended-${EMAIL}`,
    ]);
    // Here the gate trusts its memory. The not-found page makes no check of its own.
    expect((await open(leaver, "/de/none")).status).toBe(404);
    const ended = await open(leaver, "/de/account/none");
    expect([ended.status, ended.headers.get("location")]).toEqual([
      307,
      "/de/login?next=%2Fde%2Faccount%2Fnone",
    ]);
  });

  describe("in a browser", () => {
    let browser: Browser;
    let page: Page;
    const problems: string[] = [];

    beforeAll(async () => {
      browser = await launchBrowser();
      const context = await browser.newContext({ baseURL: origin, locale: "de-DE" });
      page = await context.newPage();
      page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
      page.on("pageerror", (error) => problems.push(error.message));
    });
    afterAll(() => browser?.close());

    it("run the scripts of a static page, whose switch changes the language", async () => {
      await page.goto("/de/blog/opening-day");
      await page.getByLabel("Sprache").selectOption("en");
      await page.waitForURL("/en/blog/opening-day");
      await page.getByRole("heading", { name: "Opening day" }).waitFor();
      expect(await page.getAttribute("html", "lang")).toBe("en");
      await page.getByLabel("Language").selectOption("de");
      await page.waitForURL("/de/blog/opening-day");
    });

    it("sign up from a protected page, and return to it in the same language", async () => {
      await page.goto("/de");
      await page.getByRole("link", { name: "Projekte" }).click();
      await page.waitForURL("/de/login?next=%2Fde%2Fprojects");
      await page.getByRole("link", { name: "Create an account" }).click();
      await page.getByLabel("Name").fill("Ada");
      await page.getByLabel("Email").fill(`browser-${EMAIL}`);
      await page.getByLabel("Password", { exact: true }).fill("correct-horse-battery");
      await page.getByRole("button", { name: "Create account" }).click();
      await page.waitForURL("/de/projects");
      await page.getByLabel("Name").fill("Mole");
      await page.getByRole("button", { name: "Hinzufügen" }).click();
      await page.getByRole("listitem").filter({ hasText: "Mole" }).waitFor();
      await page.getByLabel("Sprache").selectOption("en");
      await page.getByRole("heading", { name: "Projects" }).waitFor();
    });

    it("report no error in the console", () => {
      expect(problems).toEqual([]);
    });
  });
});
