import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Routes } from "@/lib/routes";
import { routes as base } from "@/lib/routes";
import { finishBuild } from "@/scripts/lib/finish-build";

/** `tests/system/static-pages.test.ts` and `tests/repo/system/existing-app.test.ts` use real builds. */

const PAGE = "/de/blog/hello";
const SOURCE = "/[locale]/blog/[slug]";
const SEARCH = "/[locale]/blog/search";
const routes: Routes = { ...base, locales: ["en", "de"], staticPages: ["/blog/*"] };

let distDir: string;
beforeEach(() => {
  distDir = mkdtempSync(path.join(tmpdir(), "gatehouse-finish-build-"));
});
afterEach(() => rmSync(distDir, { recursive: true, force: true }));

/** Writes the files of a build with one page in advance. `others` are rendered for each request. */
function writeBuild(others: readonly string[] = []): void {
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(distDir, file)), { recursive: true });
    writeFileSync(path.join(distDir, file), text);
  };
  const pages = [SOURCE, ...others].map((page) => [`${page}/page`, page]);
  write("app-path-routes-manifest.json", JSON.stringify(Object.fromEntries(pages)));
  write(`server/app${PAGE}.html`, "<script>self.__next_f.push([1])</script>");
  const entry = { [PAGE]: { srcRoute: SOURCE } };
  write("prerender-manifest.json", JSON.stringify({ routes: entry, dynamicRoutes: { [SOURCE]: {} } }));
}

const finish = (changed: Partial<Routes> = {}) =>
  finishBuild(distDir, { routes: { ...routes, ...changed }, contentSources: {}, secure: false });

describe("the end of the build of an app with languages", () => {
  it("adds a policy with hashes to a static page", () => {
    writeBuild();
    finish();
    const manifest = JSON.parse(readFileSync(path.join(distDir, "prerender-manifest.json"), "utf8"));
    expect(manifest.routes[PAGE].initialHeaders["content-security-policy"]).toContain("'sha256-");
  });

  it("names the entry, without the language, for a page that is rendered in advance", () => {
    writeBuild();
    expect(() => finish({ staticPages: [] })).toThrow(
      `"${PAGE}" is rendered in advance, so its scripts have no nonce and would be blocked. If it is open to everyone, list "/blog/hello" in staticPages`,
    );
  });

  it("refuses a page that is listed as static and rendered for each request", () => {
    writeBuild([SEARCH]);
    expect(finish).toThrow(`"${SEARCH}" is in staticPages of lib/routes.ts, but is rendered`);
  });

  it("accepts such a page if an exact entry is an exception", () => {
    writeBuild([SEARCH]);
    expect(() => finish({ publicPages: ["/blog/example"] })).toThrow(SEARCH);
    expect(() => finish({ publicPages: ["/blog/search"] })).not.toThrow();
  });

  it("reads the first segment as part of the path without the entry of the language", () => {
    writeBuild();
    expect(() => finish({ locales: [] })).toThrow(`list "${PAGE}" in staticPages`);
  });
});
