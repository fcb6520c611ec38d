import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ContentSources } from "../../lib/csp";
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
  readonly routes: Readonly<Record<string, { readonly srcRoute: string | null }>>;
  readonly dynamicRoutes: Readonly<Record<string, unknown>>;
}

/** Pages that Next makes for itself. */
const OWN_PAGES = new Set(["/_not-found", "/_global-error"]);

/**
 * Checks the pages of a build, and adds the Content Security Policy to those that are rendered in
 * advance. A server sets it by itself; on Vercel the cache sends the headers of this build.
 * @throws {UserError} with one line for each page that could not work
 */
export function finishBuild(distDir: string, { routes, contentSources, secure }: Options): void {
  const prerendered: Prerendered = readJson(path.join(distDir, "prerender-manifest.json"));
  const pages = readPages(distDir);
  const inAdvance = Object.keys(prerendered.routes).filter(
    (page) => !OWN_PAGES.has(page) && existsSync(fileOf(distDir, page, "html")),
  );
  const sources = new Set(inAdvance.map((page) => prerendered.routes[page]?.srcRoute ?? page));
  const problems = [
    ...inAdvance.filter((page) => !isStatic(page, routes)).map(describeUnlisted),
    ...pages
      .filter((page) => !sources.has(page) && !(page in prerendered.dynamicRoutes))
      .filter((page) => isStatic(examplePath(page), routes))
      .map(describeDynamic),
  ];
  for (const page of inAdvance.filter((page) => isStatic(page, routes))) {
    const html = readFileSync(fileOf(distDir, page, "html"), "utf8");
    const { policy, blocked } = buildStaticPolicy(html, contentSources, secure);
    problems.push(...blocked.map((text) => describeBlocked(page, text)));
    addHeader(fileOf(distDir, page, "meta"), policy);
  }
  if (problems.length > 0)
    fail(`These pages cannot work:\n${problems.map((line) => `  - ${line}`).join("\n")}`);
}

/** An exact path in another list is an exception inside of a folder of static pages. */
function isStatic(page: string, { publicPages, guestPages, staticPages = [] }: Routes): boolean {
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

function examplePath(page: string): string {
  return page.replace(/\[[^/]*\]/g, "example");
}

function fileOf(distDir: string, page: string, ending: "html" | "meta"): string {
  return path.join(distDir, "server/app", `${page === "/" ? "/index" : page}.${ending}`);
}

/** Next sends these headers with the page, and so does Vercel's cache. */
function addHeader(file: string, policy: string): void {
  const meta = readJson<{ headers?: Record<string, string> }>(file);
  const headers = { ...meta.headers, "content-security-policy": policy };
  writeFileSync(file, JSON.stringify({ ...meta, headers }, null, 2));
}

function describeUnlisted(page: string): string {
  return `"${page}" is rendered in advance, so its scripts have no nonce and would be blocked. If it is open to everyone, list it in staticPages of lib/routes.ts. Otherwise call "await connection()" of next/server in the page`;
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
