import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPublicFileMatcher } from "../../../edge/public-file-matcher";
import { findFiles } from "../../../lib/build/find-public-files";
import { listPublicFiles } from "../../../lib/build/list-public-files";
import { routes } from "../../../lib/routes";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gatehouse-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The list for a project with these files. A file can have a text. */
function list(...files: (string | [name: string, text: string])[]) {
  for (const file of files) {
    const [name, text] = typeof file === "string" ? [file, ""] : file;
    mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return listPublicFiles(findFiles(folder, ["tsx", "ts"]), routes);
}

const many = "export function generateImageMetadata() {}";

describe("the list of public files", () => {
  it.each<[file: string | [string, string], path: string]>([
    ["public/logo.svg", "/logo.svg"],
    ["public/.well-known/security.txt", "/.well-known/security.txt"],
    ["public/a b/ü.png", "/a%20b/%C3%BC.png"],
    ["app/favicon.ico", "/favicon.ico"],
    ["app/robots.ts", "/robots.txt"],
    ["app/robots.txt", "/robots.txt"],
    ["app/manifest.ts", "/manifest.webmanifest"],
    ["app/manifest.json", "/manifest.json"],
    ["app/sitemap.ts", "/sitemap.xml"],
    ["app/shop/sitemap.xml", "/shop/sitemap.xml"],
    ["app/icon.tsx", "/icon"],
    ["app/icon2.png", "/icon2.png"],
    ["app/blog/apple-icon.png", "/blog/apple-icon.png"],
    ["app/blog/opengraph-image.tsx", "/blog/opengraph-image"],
    ["app/blog/[slug]/twitter-image.png", "/blog/-/twitter-image.png"],
    ["app/(shop)/offers/icon.svg", "/offers/icon-fsbbyr.svg"],
  ])("has %s as %s", (file, expected) => {
    expect(list(file)).toEqual({ paths: [expected], patterns: [] });
  });

  it.each<[file: string | [string, string], pattern: string]>([
    ["app/blog/[slug]/opengraph-image.tsx", "/blog/*/opengraph-image"],
    [["app/icon.tsx", many], "/icon/*"],
    [["app/[lang]/blog/icon.tsx", many], "/*/blog/icon/*"],
    [["app/shop/sitemap.ts", "export const generateSitemaps = () => [];"], "/shop/sitemap/*.xml"],
  ])("has %s as %s", (file, expected) => {
    expect(list(file)).toEqual({ paths: [], patterns: [expected] });
  });

  it("has both spellings of a character that URLs need not encode", () => {
    expect(list("public/a@(1).png").paths).toEqual(["/a@(1).png", "/a%40(1).png"]);
  });

  it("has no page, no route handler, no private folder, and no other file of app/", () => {
    const others = ["app/blog/page.tsx", "app/feed.xml/route.ts", "app/_parts/icon.png", "app/data.json"];
    expect(list(...others, "app/blog/icons.tsx", "app/icon/page.tsx")).toEqual({ paths: [], patterns: [] });
  });
});

describe("a contradiction is refused by name", () => {
  it.each<[files: (string | [string, string])[], message: string]>([
    [["public/backend/logo.svg"], 'public/backend/logo.svg is below "/backend"'],
    [["public/api/spec.json"], 'public/api/spec.json is below "/api"'],
    [["app/api/icon.png"], 'app/api/icon.png is below "/api"'],
    [
      ["app/robots.txt", "app/robots.ts"],
      'app/robots.ts and app/robots.txt both have the path "/robots.txt"',
    ],
    [["public/robots.txt", "app/robots.ts"], "public/robots.txt and app/robots.ts both"],
    [
      ["public/account", "app/(signed-in)/account/page.tsx"],
      "public/account would make app/(signed-in)/account/page.tsx public",
    ],
    [
      ["app/[user]/icon.tsx", "app/blog/[slug]/page.tsx"],
      "app/[user]/icon.tsx would make app/blog/[slug]/page.tsx public",
    ],
    [
      ["app/[user]/icon.tsx", "app/blog/icon/page.tsx"],
      "app/[user]/icon.tsx would make app/blog/icon/page.tsx public",
    ],
    [
      [["app/icon.tsx", many], "app/icon/[name]/page.tsx"],
      "app/icon.tsx would make app/icon/[name]/page.tsx public",
    ],
    [
      [["app/icon.tsx", many], "app/icon/big/route.ts"],
      "app/icon.tsx would make app/icon/big/route.ts public",
    ],
  ])("%j", (files, message) => {
    expect(() => list(...files)).toThrow(message);
  });

  it.each([
    [["public/logo.svg", "app/[slug]/page.tsx"]],
    [["app/blog/[slug]/icon.tsx", "app/blog/[slug]/[part]/page.tsx"]],
    [["app/blog/[slug]/icon.tsx", "app/[...all]/page.tsx"]],
    [["app/blog/icon.tsx", "app/blog/[slug]/page.tsx"]],
  ])("but not %j, where Next prefers the file", (files) => {
    expect(() => list(...files)).not.toThrow();
  });
});

describe("createPublicFileMatcher", () => {
  const isPublic = createPublicFileMatcher({
    paths: ["/logo.svg"],
    patterns: ["/blog/*/opengraph-image", "/sitemap/*.xml"],
  });

  it.each(["/logo.svg", "/blog/hello/opengraph-image", "/blog/%C3%BC/opengraph-image", "/sitemap/0.xml"])(
    "matches %s",
    (pathname) => {
      expect(isPublic(pathname)).toBe(true);
    },
  );

  it.each([
    "/logoxsvg",
    "/logo.svg/",
    "/Logo.svg",
    "/logo.svg/account",
    "/blog/opengraph-image",
    "/blog/a/b/opengraph-image",
    "/blog/..%2faccount/opengraph-image",
    "/blog/a%2fb/opengraph-image",
    "/blog//opengraph-image",
    "/blog/a;b/opengraph-image",
    "/blog/hello/opengraph-image-x",
    "/x/blog/hello/opengraph-image",
    "/sitemap/0xxml",
    "/sitemap/0.xml/account",
  ])("does not match %s", (pathname) => {
    expect(isPublic(pathname)).toBe(false);
  });
});
