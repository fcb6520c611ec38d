import { createHmac, randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { Visitor } from "../../../scripts/stack/visitor";
import { buildExistingApp, type ExistingApp } from "../../fixtures/existing-app";
import { isFull } from "../../fixtures/full";

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

describe.each(["rewrite", "relay"])(
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
      const client = new pg.Client(example.databaseUrl);
      await client.connect();
      await client.query(`update "user" set tenant = 'acme', role = 'admin' where email = $1`, [email]);
      await client.end();
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
      const page = await visitor.fetch("/export", { headers: DOCUMENT });
      expect([page.status, page.headers.get("location")]).toEqual([307, "/login?next=%2Fexport"]);
    });

    it("waits for a slow response, and so does a page that calls FastAPI", async () => {
      const [direct, page] = await Promise.all([
        member.fetch("/backend/api/export?seconds=9"),
        member.fetch("/export"),
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
      expect((await member.fetch("/admin")).status).toBe(404);
      expect(await (await admin.fetch("/admin")).text()).toContain("paid orders");
    });

    it("keeps the tenants apart", async () => {
      const project = { name: `Pier ${forwarding}` };
      expect((await admin.post("/backend/api/projects", project)).status).toBe(201);
      expect(await json(admin, "/backend/api/projects")).toContain(project.name);
      expect(await json(member, "/backend/api/projects")).not.toContain(project.name);
    });

    it("adds a project by a server action", async () => {
      const page = await (await member.fetch("/projects")).text();
      const [, action = ""] = page.match(/name="(\$ACTION_ID_[^"]+)"/) ?? [];
      const form = new FormData();
      form.set(action, "");
      form.set("name", `Crane ${forwarding}`);
      const send = (who: Visitor) =>
        who.fetch("/projects", { method: "POST", body: form, headers: { origin, ...DOCUMENT } });
      const refused = await send(visitor);
      expect([refused.status, refused.headers.get("location")]).toEqual([303, "/login?next=%2Fprojects"]);
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

    it("shows the blog to everyone, rendered once", async () => {
      const page = await visitor.fetch("/blog/opening-day");
      expect(await page.text()).toContain("We are open");
      expect(page.headers.get("cache-control")).toContain("s-maxage");
      expect((await visitor.fetch("/blog/none")).status).toBe(404);
    });

    it("shows an image of public/ on the sign-in page", async () => {
      const page = await (await visitor.fetch("/login", { headers: DOCUMENT })).text();
      expect(page).toContain('src="/images/logo.svg"');
      const logo = await visitor.fetch("/images/logo.svg");
      expect([logo.status, logo.headers.get("content-type")]).toEqual([200, "image/svg+xml"]);
    });

    it("shows an image of public/ through next/image", async () => {
      const page = await (await visitor.fetch("/blog/opening-day")).text();
      const [, source = ""] = page.match(/src="(\/_next\/image[^"]+)"/) ?? [];
      const image = await visitor.fetch(source.replaceAll("&amp;", "&"));
      expect([image.status, image.headers.get("content-type")]).toEqual([200, "image/png"]);
    });

    it.each([
      ["/manifest.webmanifest", '"Harbour"'],
      ["/sitemap.xml", "https://harbour.example/blog/opening-day"],
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
