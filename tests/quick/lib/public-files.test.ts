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

/** The list for a project with these files. A file can have a text. "~" is the folder `app/`. */
function list(...files: (string | [name: string, text: string])[]) {
  for (const file of files) {
    const [short, text] = typeof file === "string" ? [file, ""] : file;
    const name = short.replace("~", "app");
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
    ["~/favicon.ico", "/favicon.ico"],
    ["~/robots.ts", "/robots.txt"],
    ["~/robots.txt", "/robots.txt"],
    ["~/manifest.ts", "/manifest.webmanifest"],
    ["~/manifest.json", "/manifest.json"],
    ["~/sitemap.ts", "/sitemap.xml"],
    ["~/shop/sitemap.xml", "/shop/sitemap.xml"],
    ["~/icon.tsx", "/icon"],
    ["~/icon2.png", "/icon2.png"],
    ["~/blog/apple-icon.png", "/blog/apple-icon.png"],
    ["~/blog/opengraph-image.tsx", "/blog/opengraph-image"],
    ["~/blog/[slug]/twitter-image.png", "/blog/-/twitter-image.png"],
    ["~/(shop)/offers/icon.svg", "/offers/icon-fsbbyr.svg"],
  ])("has %s as %s", (file, expected) => {
    expect(list(file)).toEqual({ paths: [expected], patterns: [] });
  });

  it.each<[file: string | [string, string], pattern: string]>([
    ["~/blog/[slug]/opengraph-image.tsx", "/blog/*/opengraph-image"],
    [["~/icon.tsx", many], "/icon/*"],
    [["~/[lang]/blog/icon.tsx", many], "/*/blog/icon/*"],
    [["~/shop/sitemap.ts", "export const generateSitemaps = () => [];"], "/shop/sitemap/*.xml"],
  ])("has %s as %s", (file, expected) => {
    expect(list(file)).toEqual({ paths: [], patterns: [expected] });
  });

  it("has both spellings of a character that URLs need not encode", () => {
    expect(list("public/a@(1).png").paths).toEqual(["/a@(1).png", "/a%40(1).png"]);
  });

  it("has no page, no route handler, no private folder, and no other file of app/", () => {
    const others = ["~/blog/page.tsx", "~/feed.xml/route.ts", "~/_parts/icon.png", "~/data.json"];
    expect(list(...others, "~/blog/icons.tsx", "~/icon/page.tsx")).toEqual({ paths: [], patterns: [] });
  });
});

describe("a contradiction is refused by name", () => {
  it.each<[files: (string | [string, string])[], message: string]>([
    [["public/backend/logo.svg"], 'public/backend/logo.svg is below "/backend"'],
    [["public/api/spec.json"], 'public/api/spec.json is below "/api"'],
    [["~/api/icon.png"], '~/api/icon.png is below "/api"'],
    [["~/robots.txt", "~/robots.ts"], '~/robots.ts and ~/robots.txt both have the path "/robots.txt"'],
    [["public/robots.txt", "~/robots.ts"], "public/robots.txt and ~/robots.ts both"],
    [
      ["public/account", "~/(signed-in)/account/page.tsx"],
      "public/account would make ~/(signed-in)/account/page.tsx public",
    ],
    [
      ["~/[user]/icon.tsx", "~/blog/[slug]/page.tsx"],
      "~/[user]/icon.tsx would make ~/blog/[slug]/page.tsx public",
    ],
    [
      ["~/[user]/icon.tsx", "~/blog/icon/page.tsx"],
      "~/[user]/icon.tsx would make ~/blog/icon/page.tsx public",
    ],
    [[["~/icon.tsx", many], "~/icon/[name]/page.tsx"], "~/icon.tsx would make ~/icon/[name]/page.tsx public"],
    [[["~/icon.tsx", many], "~/icon/big/route.ts"], "~/icon.tsx would make ~/icon/big/route.ts public"],
  ])("%j", (files, message) => {
    expect(() => list(...files)).toThrow(message.replaceAll("~", "app"));
  });

  it.each([
    [["public/logo.svg", "~/[slug]/page.tsx"]],
    [["~/blog/[slug]/icon.tsx", "~/blog/[slug]/[part]/page.tsx"]],
    [["~/blog/[slug]/icon.tsx", "~/[...all]/page.tsx"]],
    [["~/blog/icon.tsx", "~/blog/[slug]/page.tsx"]],
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
