import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import {
  getStaticMetadataPrerenderPathname,
  normalizeMetadataPageToRoute,
  normalizeMetadataRoute,
} from "next/dist/lib/metadata/get-metadata-route.js";
import { isMetadataRouteFile, isStaticMetadataFile } from "next/dist/lib/metadata/is-metadata-route.js";
import { normalizeAppPath } from "next/dist/shared/lib/router/utils/app-paths.js";

/** A public file, and where it is served. */
export interface FoundFile {
  /** Relative to the project. */
  readonly file: string;
  /** All spellings of its path. With a `*`, in place of a segment, if it is served at many paths. */
  readonly paths: readonly string[];
}

/** A page or a route handler. */
export interface FoundRoute {
  readonly file: string;
  /** In Next's notation: `/blog/[slug]`. */
  readonly route: string;
}

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  readonly routes: readonly FoundRoute[];
}

/**
 * Reads the names of the files in `public/` and `app/` below `root`. Next's own functions translate
 * the names in `app/`, since it adds a hash to some of them.
 */
export function findFiles(root: string, pageExtensions: readonly string[]): FoundFiles {
  const inPublic = listFiles(path.join(root, "public")).map((name) => ({
    file: `public/${name}`,
    paths: findSpellings(name),
  }));
  const ending = new RegExp(`\\.(?:${pageExtensions.join("|").replaceAll(".", "\\.")})$`);
  const names = listFiles(path.join(root, "app")).filter((name) => !/(?:^|\/)_/.test(path.dirname(name)));
  const metadata = names.filter((name) => isMetadataRouteFile(`/${name}`, [...pageExtensions], true));
  const routes = names
    .filter((name) => ending.test(name) && /(?:^|\/)(?:page|route)$/.test(name.replace(ending, "")))
    .map((name) => ({ file: `app/${name}`, route: normalizeAppPath(`/${name.replace(ending, "")}`) }));
  return {
    files: [
      ...inPublic,
      ...metadata.map((name) => ({
        file: `app/${name}`,
        paths: isStaticMetadataFile(`/${name}`)
          ? [findStaticPath(name)]
          : findGeneratedPaths(name.replace(ending, ""), readFileSync(path.join(root, "app", name), "utf8")),
      })),
    ],
    routes,
  };
}

/** The names of all files below a folder, with slashes. None if the folder does not exist. */
function listFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(path.join(folder, name)).isFile())
    .map((name) => name.split(path.sep).join("/"))
    .sort();
}

/** Browsers leave characters such as `@` as they are; `encodeURIComponent` encodes them. */
function findSpellings(name: string): string[] {
  const segments = name.split("/");
  const encoded = `/${segments.map(encodeURIComponent).join("/")}`;
  const literal = `/${segments.map((segment) => segment.replace(/[%?#\\]/g, encodeURIComponent)).join("/")}`;
  return [...new Set([new URL(literal, "http://localhost").pathname, encoded])];
}

/** The path of metadata that is a file. Next replaces a dynamic segment by `-`. */
function findStaticPath(name: string): string {
  const route = normalizeAppPath(normalizeMetadataRoute(`/${name}`));
  return encodeURI(getStaticMetadataPrerenderPathname(route) ?? route);
}

/**
 * The paths of metadata that code makes. `generateImageMetadata` and `generateSitemaps` add a
 * segment. A mention of them in a comment does no harm: `lib/build/list-public-files.ts` refuses a
 * pattern that a page matches.
 */
function findGeneratedPaths(page: string, code: string): string[] {
  const isMany = /\bgenerate(?:ImageMetadata|Sitemaps)\b/.test(code);
  const route = normalizeMetadataPageToRoute(normalizeMetadataRoute(`/${page}`), isMany);
  const served = normalizeAppPath(route)
    .split("/")
    .map((segment) => (segment.startsWith("[") ? "*" : segment))
    .join("/");
  return [isMany && served.endsWith("/sitemap/*") ? `${served}.xml` : served];
}
