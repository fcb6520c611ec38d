import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../scripts/lib/ports";
import { startApp as startNext } from "../../scripts/stack/next";
import {
  type App,
  type Database,
  DIST_DIR,
  startApp,
  startDatabase,
  testEnv,
} from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";

/**
 * Without a mail server, development shows the emails at `/dev/mail`, and a build refuses to send
 * them.
 */

const TEXT_OF_THE_PAGE = "They appear here instead";

let database: Database;
beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database?.stop());

describe("a build without a mail server", () => {
  let app: App;
  // Other files start apps too. Without a folder of its own, the log would be theirs as well.
  const logDir = mkdtempSync(join(tmpdir(), "gatehouse-"));
  beforeAll(async () => {
    app = await startApp({ BACKEND_URL: "http://127.0.0.1:9" }, database, { logDir });
  });
  afterAll(async () => {
    await app?.stop();
    rmSync(logDir, { recursive: true, force: true });
  });

  it("has no page /dev/mail", async () => {
    const response = await new Visitor(app.origin).fetch("/dev/mail", { headers: { accept: "text/html" } });
    expect(response.status).toBe(404);
    const built = JSON.parse(readFileSync(join(DIST_DIR, "app-path-routes-manifest.json"), "utf8"));
    expect(Object.values(built)).toContain("/forgot-password");
    expect(Object.values(built)).not.toContain("/dev/mail");
  });

  it("contains the text of that page in no file", () => {
    const filesWith = (text: string) =>
      ["server", "static"]
        .flatMap((folder) =>
          readdirSync(join(DIST_DIR, folder), { recursive: true, encoding: "utf8" }).map((file) =>
            join(DIST_DIR, folder, file),
          ),
        )
        .filter((file) => /\.(js|html|rsc|json)$/.test(file))
        .filter((file) => readFileSync(file, "utf8").includes(text));
    expect(filesWith("We will send you a link to choose a new password.")).not.toEqual([]);
    expect(filesWith(TEXT_OF_THE_PAGE)).toEqual([]);
  });

  it("responds that it sends no emails, for every address", async () => {
    const visitor = new Visitor(app.origin);
    await visitor.signUp("known@example.com");
    for (const email of ["known@example.com", "unknown@example.com"]) {
      const response = await visitor.post("/api/auth/request-password-reset", { email });
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({
        code: "MAIL_NOT_CONFIGURED",
        message: expect.stringContaining("no mail server"),
      });
    }
    const log = readFileSync(join(logDir, "next.log"), "utf8");
    expect(log).toContain("SMTP_URL is not set, so no email can be sent");
    expect(log).not.toMatch(/reset-password\/|verify-email\?token/);
  });

  it("contains no SMTP client in the gate", () => {
    const folder = join(DIST_DIR, "server/edge");
    const chunks = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".js"),
    );
    const texts = chunks.map((file) => readFileSync(join(folder, file), "utf8"));
    expect(texts.some((text) => text.includes("session_token"))).toBe(true);
    expect(texts.filter((text) => /EHLO|STARTTLS/.test(text))).toEqual([]);
  });
});

describe("development without a mail server", () => {
  it("shows each email at /dev/mail, with a link that works", async () => {
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const env = testEnv({ BETTER_AUTH_URL: origin, ...database.env });
    const dev = await startNext({ env, distDir: DIST_DIR, port, dev: true });
    try {
      const visitor = new Visitor(origin);
      await visitor.signUp("developer@example.com");
      const page = async () =>
        (await visitor.fetch("/dev/mail", { headers: { accept: "text/html" } })).text();
      await expect.poll(page).toContain("developer@example.com");
      const html = await page();
      expect(html).toContain(TEXT_OF_THE_PAGE);
      const link = html.match(/href="([^"]+verify-email[^"]+)"/)?.[1]?.replaceAll("&amp;", "&") ?? "";
      const { pathname, search } = new URL(link);
      const response = await visitor.fetch(pathname + search);
      expect(response.headers.get("location")).toMatch(/\/verify-email\?done=confirmed$/);
    } finally {
      await dev.stop();
    }
  }, 120_000);
});
