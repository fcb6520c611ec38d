import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, ConsoleMessage, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import type { ContentSources } from "../../lib/csp";
import { type Routes, routes } from "../../lib/routes";
import { launchBrowser } from "../../scripts/lib/chromium";
import { finishBuild } from "../../scripts/lib/finish-build";
import { linkTree } from "../../scripts/lib/link-tree";
import { freePort, LOOPBACK } from "../../scripts/lib/ports";
import { respondsAt, runProcess, startProcess } from "../../scripts/lib/process";
import { root } from "../../scripts/lib/root";
import { startDatabase, testEnv } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { copyProject } from "../fixtures/project-copy";

/** An app with files in `public/`, metadata and static pages: one build of a copy of this project. */

const folder = path.join(root, ".data/static-pages");
const logDir = mkdtempSync(path.join(tmpdir(), "gatehouse-static-"));
const started: (() => Promise<unknown>)[] = [];
let origin: string;
let browser: Browser;
afterAll(async () => {
  for (const stop of started.reverse()) await stop();
  rmSync(logDir, { recursive: true, force: true });
});

const PICTURE = readFileSync(path.join(root, "docs/screenshots/home-phone.png"));
const THEME = 'document.documentElement.dataset.theme = "dark"';
const THEME_HASH = "'sha256-s9b79ftmUqh5oLc3vsxP1XpyEHpxmDhPPMBuKjX0/ys='";

/** "~" is the folder `app/`. */
const files: Readonly<Record<string, string | Buffer>> = {
  "public/logo.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>',
  "public/photo (1).png": PICTURE,
  "~/robots.ts": 'export default () => ({ rules: { userAgent: "*", disallow: "/backend/" } });\n',
  "~/manifest.ts": 'export default () => ({ name: "Shop", icons: [{ src: "/logo.svg" }] });\n',
  "~/sitemap.ts": `export const generateSitemaps = async () => [{ id: "a" }, { id: "b" }];
export default async function sitemap({ id }: { id: Promise<string> }) {
  return [{ url: \`https://app.example.com/\${await id}\` }];
}
`,
  "~/(shop)/static-offers/apple-icon.png": PICTURE,
  "~/(shop)/static-offers/page.tsx": `import { connection } from "next/server";
export default async function Offers() {
  await connection();
  return <h1>Offers</h1>;
}
`,
  "~/counter.tsx": `"use client";
import { useState } from "react";
export function Counter() {
  const [count, setCount] = useState(0);
  return <button type="button" onClick={() => setCount(count + 1)}>Clicked {count}</button>;
}
`,
  "~/static-blog/[slug]/opengraph-image.tsx": `export default async function Image({ params }: { params: Promise<{ slug: string }> }) {
  return new Response(\`picture of \${(await params).slug}\`, { headers: { "content-type": "image/png" } });
}
`,
  "~/static-blog/[slug]/page.tsx": `import Image from "next/image";
import { notFound } from "next/navigation";
import { Suspense } from "react";
import { Counter } from "../../counter";
export const revalidate = 2;
export const generateStaticParams = () => [{ slug: "hello" }];
async function Comments() {
  await new Promise((resolve) => setTimeout(resolve, 100));
  return <p>{"A comment. ".repeat(3000)}</p>;
}
export default async function Post({ params }: { params: Promise<{ slug: string }> }) {
  const { slug } = await params;
  if (slug === "gone") notFound();
  return (
    <main>
      <h1>The post {slug}</h1>
      <time>{Date.now()}</time>
      <Image src="/photo (1).png" alt="" width={64} height={64} priority />
      <Counter />
      <Suspense fallback={<p>Loading</p>}>
        <Comments />
      </Suspense>
      {slug === "attacked" && <div dangerouslySetInnerHTML={{ __html: "<script>window.attacked = true</script>" }} />}
    </main>
  );
}
`,
  "~/static-blog/search/page.tsx": `import { Counter } from "../../counter";
export default async function Search({ searchParams }: { searchParams: Promise<{ q?: string }> }) {
  return <main><h1>Search for {(await searchParams).q}</h1><Counter /></main>;
}
`,
  "~/static-help/[topic]/page.tsx": `export const dynamicParams = false;
export const generateStaticParams = () => [{ topic: "start" }];
export default async function Help({ params }: { params: Promise<{ topic: string }> }) {
  return (
    <main>
      <script dangerouslySetInnerHTML={{ __html: ${JSON.stringify(THEME)} }} />
      <h1>Help: {(await params).topic}</h1>
    </main>
  );
}
`,
};

const appRoutes: Routes = {
  ...routes,
  publicPages: [...routes.publicPages, "/static-blog/search"],
  staticPages: [...routes.staticPages, "/static-blog/*", "/static-help/*"],
};
const contentSources: ContentSources = { scripts: [THEME_HASH], images: ["https://images.example.com"] };

beforeAll(async () => {
  copyProject(folder);
  linkTree(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name.replace("~", "app"));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  rmSync(path.join(folder, "app/robots.txt"));
  replaceIn("lib/routes.ts", '    "/verify-email",\n', '    "/verify-email",\n    "/static-blog/search",\n');
  replaceIn("lib/routes.ts", "  staticPages: [", '  staticPages: ["/static-blog/*", "/static-help/*", ');
  replaceIn("lib/csp.ts", "scripts: [],", `scripts: [${JSON.stringify(THEME_HASH)}],`);
  replaceIn("lib/csp.ts", "images: [],", 'images: ["https://images.example.com"],');
  isolateFromProject();
  const database = await startDatabase();
  started.push(database.stop);
  const port = await freePort();
  origin = `http://localhost:${port}`;
  const env = {
    ...testEnv({ ...database.env, BETTER_AUTH_URL: origin, BACKEND_URL: `http://${LOOPBACK}:9` }),
    PATH: process.env.PATH,
    NODE_ENV: "production",
    NEXT_TELEMETRY_DISABLED: "1",
  };
  const npm = (script: string) => ({
    command: "sh",
    args: ["-ec", `exec npm run ${script}`],
    cwd: folder,
    env,
    logDir,
  });
  await runProcess({ name: "static-build", ...npm("build") });
  const app = await startProcess({
    name: "static-app",
    ...npm(`start -- --port ${port}`),
    ready: respondsAt(`${origin}/api/health`),
  });
  started.push(app.stop);
  browser = await launchBrowser();
  started.push(() => browser.close());
}, 600_000);

function replaceIn(name: string, old: string, text: string): void {
  const file = path.join(folder, name);
  const before = readFileSync(file, "utf8");
  expect(before.split(old)).toHaveLength(2);
  writeFileSync(
    file,
    before.replace(old, () => text),
  );
}

/** Without this, Next would treat the surrounding project as the workspace root of this copy. */
function isolateFromProject(): void {
  renameSync(path.join(folder, "next.config.ts"), path.join(folder, "next.config.base.ts"));
  writeFileSync(
    path.join(folder, "next.config.ts"),
    `import config from "./next.config.base";\nconst root = import.meta.dirname;\n` +
      "export default { ...config, turbopack: { root }, outputFileTracingRoot: root };\n",
  );
}

/** As a browser navigates to a page. */
const NAVIGATION = { accept: "text/html", "sec-fetch-dest": "document", "sec-fetch-mode": "navigate" };
const load = (pathname: string, headers: Record<string, string> = {}, method = "GET") =>
  fetch(origin + pathname, { method, redirect: "manual", headers });
const policyOf = (response: Response) => response.headers.get("content-security-policy") ?? "";

/** Opens a page, and collects what the browser reports about its scripts. */
async function open(pathname: string): Promise<{ page: Page; reports: string[] }> {
  const page = await browser.newPage();
  const reports: string[] = [];
  page.on("console", (message: ConsoleMessage) => message.type() === "error" && reports.push(message.text()));
  page.on("pageerror", (error) => reports.push(error.message));
  await page.goto(origin + pathname);
  return { page, reports };
}

async function click(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Clicked 0" }).click();
  await page.getByRole("button", { name: "Clicked 1" }).waitFor();
}

describe("a public file", () => {
  it.each([
    ["/logo.svg", "image/svg+xml"],
    ["/photo%20(1).png", "image/png"],
    ["/favicon.ico", "image/x-icon"],
    ["/icon.svg", "image/svg+xml"],
    ["/robots.txt", "text/plain"],
    ["/manifest.webmanifest", "application/manifest+json"],
    ["/sitemap/a.xml", "application/xml"],
    ["/sitemap/b.xml", "application/xml"],
    ["/static-blog/hello/opengraph-image", "image/png"],
    ["/static-blog/another/opengraph-image", "image/png"],
  ])("%s is served without a session, and without a header for one visitor", async (pathname, type) => {
    const response = await load(pathname);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, type]);
    for (const name of ["set-cookie", "x-request-id", "server-timing"]) {
      expect(response.headers.get(name), name).toBeNull();
    }
    expect(policyOf(response)).toMatch(/^default-src 'self'; object-src 'none'/);
  });

  it("with a hash in its name is the one that Next's page links to", async () => {
    const member = await (await load("/robots.txt")).text();
    expect(member).toContain("Disallow: /backend/");
    const visitor = new Visitor(origin);
    await visitor.signUp("icons@example.com");
    const html = await (await load("/static-offers", { cookie: visitor.cookieHeader, ...NAVIGATION })).text();
    const href = html.match(/rel="apple-touch-icon" href="([^"]+)"/)?.[1] ?? "";
    expect(href).toMatch(/^\/static-offers\/apple-icon-\w{6}\.png\?/);
    expect((await load(href)).status).toBe(200);
  });

  it.each([
    "/logoxsvg",
    "/logo.svg/",
    "/LOGO.svg",
    "/static-offers",
    "/static-offers/apple-icon.png",
    "/x.png",
  ])("does not open %s", async (pathname) => {
    const response = await load(pathname, NAVIGATION);
    expect([307, 308]).toContain(response.status);
  });

  it("is shown by next/image", async () => {
    const response = await load("/_next/image?url=%2Fphoto%20(1).png&w=64&q=75", { accept: "image/webp" });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "image/webp"]);
  });
});

describe("a static page", () => {
  it("runs its scripts, and the browser reports no violation", async () => {
    const { page, reports } = await open("/static-blog/hello");
    await page.getByText("A comment.").waitFor();
    await click(page);
    expect(await page.locator("img").evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(
      0,
    );
    expect(reports).toEqual([]);
    await page.close();
  });

  it("is the same for everyone, and a shared cache may store it", async () => {
    const visitor = new Visitor(origin);
    await visitor.signUp("reader@example.com");
    const response = await load("/static-blog/hello", { cookie: visitor.cookieHeader, ...NAVIGATION });
    expect(response.headers.get("cache-control")).toMatch(/^s-maxage=2, stale-while-revalidate=/);
    for (const name of ["set-cookie", "x-request-id", "server-timing"]) {
      expect(response.headers.get(name), name).toBeNull();
    }
    expect(policyOf(response)).toContain("img-src 'self' data: https://images.example.com");
    expect(policyOf(response)).toMatch(/script-src 'self' 'sha256-/);
    expect(policyOf(response)).not.toMatch(/nonce|unsafe-inline' 'sha|strict-dynamic/);
  });

  it("has the policy of its HTML after Next has rendered it again", async () => {
    const timeOf = async () => (await (await load("/static-blog/hello")).text()).match(/<time>(\d+)/)?.[1];
    const before = await timeOf();
    await expect.poll(timeOf).not.toBe(before);
    const { page, reports } = await open("/static-blog/hello");
    await click(page);
    expect(reports).toEqual([]);
    await page.close();
  });

  it("that is rendered at its first request runs its scripts", async () => {
    const { page, reports } = await open("/static-blog/first-request");
    await click(page);
    expect(reports).toEqual([]);
    await page.close();
  });

  it("does not run a script that its content contains", async () => {
    const { page, reports } = await open("/static-blog/attacked");
    await click(page);
    expect(await page.evaluate(() => "attacked" in window)).toBe(false);
    expect(reports.join()).toContain("Content Security Policy");
    await page.close();
  });

  it("runs an inline script that lib/csp.ts lists", async () => {
    const { page, reports } = await open("/static-help/start");
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
    expect(reports).toEqual([]);
    await page.close();
  });

  it("sends no policy with a 304, which would replace the one of the stored HTML", async () => {
    const first = await load("/static-help/start", NAVIGATION);
    const etag = first.headers.get("etag") ?? "";
    // `fetch` would ask caches not to respond with a 304.
    const second = await new Promise<IncomingMessage>((resolve) => {
      get(`${origin}/static-help/start`, { headers: { "if-none-match": etag } }, resolve);
    });
    second.resume();
    expect(second.statusCode).toBe(304);
    expect(second.headers["content-security-policy"]).toBeUndefined();
  });

  it("ignores a policy that the client sends", async () => {
    const forged = "script-src 'nonce-Zm9yZ2Vk' 'unsafe-inline'";
    const response = await load("/static-blog/forged", { ...NAVIGATION, "content-security-policy": forged });
    expect(await response.text()).not.toContain("Zm9yZ2Vk");
    expect(policyOf(response)).not.toContain("Zm9yZ2Vk");
  });

  it("has the same policy whatever the client accepts", async () => {
    for (const accept of ["text/html", "image/avif", "application/json"]) {
      expect(policyOf(await load("/static-help/start", { accept })), accept).toContain("'sha256-");
    }
  });

  it.each([
    ["/static-blog/gone", "that calls notFound()"],
    ["/static-help/unknown", "without a path for this parameter"],
    ["/static-blog/a/b/c", "below which there is no page"],
  ])("%s, %s, is a 404 whose scripts run", async (pathname) => {
    const { page, reports } = await open(pathname);
    await page.getByRole("heading", { name: "Page not found" }).waitFor();
    expect(reports.filter((text) => !text.includes("404"))).toEqual([]);
    await page.close();
  });
});

test("a page inside of a static folder that is rendered for each request has a nonce", async () => {
  const { page, reports } = await open("/static-blog/search?q=gate");
  await page.getByRole("heading", { name: "Search for gate" }).waitFor();
  await click(page);
  expect(reports).toEqual([]);
  await page.close();
  const response = await load("/static-blog/search?q=gate", NAVIGATION);
  const nonce = policyOf(response).match(/'nonce-([^']+)' 'strict-dynamic'/)?.[1];
  expect(await response.text()).toContain(`nonce="${nonce}"`);
  expect(response.headers.get("cache-control")).toContain("no-store");
});

describe("the end of the build refuses by name", () => {
  const finish =
    (routes: Routes, sources = contentSources) =>
    () =>
      finishBuild(path.join(folder, ".next"), { routes, contentSources: sources, secure: false });

  it("nothing of this app", () => {
    expect(finish(appRoutes)).not.toThrow();
  });

  it("a page that is rendered in advance and in no list, which is protected", () => {
    expect(finish({ ...appRoutes, staticPages: [...routes.staticPages, "/static-help/*"] })).toThrow(
      '"/static-blog/hello" is rendered in advance',
    );
  });

  it("a page that is rendered in advance and listed as public", () => {
    const publicPages = [...appRoutes.publicPages, "/static-help/*"] as const;
    expect(
      finish({ ...appRoutes, staticPages: [...routes.staticPages, "/static-blog/*"], publicPages }),
    ).toThrow('"/static-help/start" is rendered in advance');
  });

  it("a page that is listed as static and rendered for each request", () => {
    expect(finish({ ...appRoutes, publicPages: routes.publicPages })).toThrow(
      '"/static-blog/search" is in staticPages of lib/routes.ts, but is rendered for each request',
    );
  });

  it("an inline script that the policy would block, with its hash", () => {
    expect(finish(appRoutes, {})).toThrow(
      `"/static-help/start" has an inline script that its policy does not allow. Put it into a file, or list "${THEME_HASH}"`,
    );
  });
});
