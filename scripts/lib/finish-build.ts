import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ContentSources } from "../../lib/csp";
import { splitLocale } from "../../lib/locale-prefix";
import { matchesPattern } from "../../lib/route-patterns";
import type { Routes } from "../../lib/routes";
import { buildStaticPolicy, toSource } from "../../lib/server/static-page-policy";
import { fail } from "./user-error";

interface Options {
  readonly routes: Routes;
  readonly contentSources: ContentSources;
  /** The app is served over https. */
  readonly secure: boolean;
}

/** The parts of Next's manifests that are used here. */
interface Prerendered {
  readonly routes: Readonly<Record<string, { srcRoute: string | null; initialHeaders?: object }>>;
  readonly dynamicRoutes: Readonly<Record<string, unknown>>;
}

/** Pages that Next makes for itself. */
const OWN_PAGES = new Set(["/_not-found", "/_global-error"]);

/**
 * Checks the pages of a build, and adds the Content Security Policy to those that are rendered in
 * advance. A server sets it by itself; Vercel's cache sends the `initialHeaders` of Next's manifest.
 * @throws {UserError} with one line for each page that could not work
 */
export function finishBuild(distDir: string, { routes, contentSources, secure }: Options): void {
  const manifest = path.join(distDir, "prerender-manifest.json");
  const prerendered: Prerendered = readJson(manifest);
  const pages = readPages(distDir);
  const inAdvance = Object.keys(prerendered.routes).filter(
    (page) => !OWN_PAGES.has(page) && existsSync(htmlOf(distDir, page)),
  );
  const sources = new Set(inAdvance.map((page) => prerendered.routes[page]?.srcRoute ?? page));
  const problems = [
    ...inAdvance
      .filter((page) => !isStatic(page, routes))
      .map((page) => describeUnlisted(page, splitLocale(page, routes).page)),
    ...pages
      .filter((page) => !sources.has(page) && !(page in prerendered.dynamicRoutes))
      .filter((page) => isStatic(examplePath(page, routes), routes))
      .map(describeDynamic),
  ];
  for (const page of inAdvance.filter((page) => isStatic(page, routes))) {
    const html = readFileSync(htmlOf(distDir, page), "utf8");
    const { policy, blocked } = buildStaticPolicy(html, contentSources, secure);
    problems.push(...blocked.map((text) => describeBlocked(page, text)));
    const entry = prerendered.routes[page];
    if (entry) entry.initialHeaders = { ...entry.initialHeaders, "content-security-policy": policy };
  }
  writeFileSync(manifest, JSON.stringify(prerendered));
  if (problems.length > 0)
    fail(`These pages cannot work:\n${problems.map((line) => `  - ${line}`).join("\n")}`);
}

/**
 * As the gate classifies it. An exact path in another list is an exception inside of a folder of
 * static pages.
 */
function isStatic(path: string, routes: Routes): boolean {
  const { publicPages, guestPages, staticPages = [] } = routes;
  const { page } = splitLocale(path, routes);
  const exceptions: readonly string[] = [...publicPages, ...guestPages];
  return !exceptions.includes(page) && staticPages.some((pattern) => matchesPattern(page, pattern));
}

/** The pages of the app, in Next's notation: `/blog/[slug]`. */
function readPages(distDir: string): string[] {
  const routes: Record<string, string> = readJson(path.join(distDir, "app-path-routes-manifest.json"));
  return Object.entries(routes)
    .filter(([file, page]) => file.endsWith("/page") && !OWN_PAGES.has(page))
    .map(([, page]) => page);
}

/** A path of the page. A first segment that is dynamic is the language, if the app has several. */
function examplePath(page: string, { locales: [locale = "example"] = [] }: Routes): string {
  return page.replace(/^\/\[[^/]*\]/, `/${locale}`).replace(/\[[^/]*\]/g, "example");
}

function htmlOf(distDir: string, page: string): string {
  return path.join(distDir, "server/app", `${page === "/" ? "/index" : page}.html`);
}

function describeUnlisted(page: string, entry: string): string {
  return `"${page}" is rendered in advance, so its scripts have no nonce and would be blocked. If it is open to everyone, list "${entry}" in staticPages of lib/routes.ts. Otherwise call "await connection()" of next/server in the page`;
}

function describeDynamic(page: string): string {
  return `"${page}" is in staticPages of lib/routes.ts, but is rendered for each request: it reads cookies, headers, searchParams or data that is not cached. List it in publicPages`;
}

function describeBlocked(page: string, text: string): string {
  return `"${page}" has an inline script that its policy does not allow. Put it into a file, or list "${toSource(text)}" in scripts of lib/csp.ts. It begins with: ${text.trim().slice(0, 60)}`;
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, "utf8"));
}
