import type { PublicFiles } from "../public-files";
import { isWithin } from "../route-patterns";
import type { Routes } from "../routes";
import type { FoundFile, FoundFiles, FoundRoute } from "./find-public-files";

/** A public file would open or replace something else. `problems` has one line for each. */
export class PublicFilesError extends Error {
  override readonly name = "PublicFilesError";
  readonly code = "public_files_invalid";

  constructor(readonly problems: readonly string[]) {
    super(`These files cannot be public:\n${problems.map((line) => `  - ${line}`).join("\n")}`);
  }
}

/**
 * The list of public files for the gate.
 * @throws {PublicFilesError} if a file has the path of something else
 */
export function listPublicFiles(found: FoundFiles, routes: Pick<Routes, "backends">): PublicFiles {
  const problems = [
    ...found.files.flatMap((file) => findReserved(file, routes)),
    ...findDuplicates(found.files),
    ...found.files.flatMap((file) => findOpened(file, found.routes)),
  ];
  if (problems.length > 0) throw new PublicFilesError(problems);
  const paths = found.files.flatMap((file) => file.paths);
  return {
    paths: paths.filter((path) => !path.includes("*")),
    patterns: paths.filter((path) => path.includes("*")),
  };
}

/** The gate treats these paths as the backend's and as those of route handlers, not as files. */
function findReserved({ file, paths }: FoundFile, { backends }: Pick<Routes, "backends">): string[] {
  return [...backends.map(({ prefix }) => prefix), "/api"]
    .filter((root) => paths.some((path) => isWithin(path, root)))
    .map((root) => `${file} is below "${root}", where no file is public. Move it`);
}

function findDuplicates(files: readonly FoundFile[]): string[] {
  return files.flatMap((one, index) =>
    files
      .slice(index + 1)
      .filter(({ paths }) => paths.some((path) => one.paths.includes(path)))
      .map(
        ({ file, paths }) => `${one.file} and ${file} both have the path "${paths[0]}". Remove one of them`,
      ),
  );
}

/** Next would show these pages at a path that is public because of the file. */
function findOpened({ file, paths }: FoundFile, routes: readonly FoundRoute[]): string[] {
  return routes
    .filter(({ route }) => paths.some((path) => opens(path.split("/"), route.split("/"))))
    .map((page) => `${file} would make ${page.file} public, which has the same path. Move one of them`);
}

/**
 * Whether Next shows the page at a path of the file. The first segment that is fixed for only one of
 * them decides which one Next prefers. `isPreferred`: an earlier segment has decided for the page.
 */
function opens([file, ...files]: string[], [page, ...pages]: string[], isPreferred = false): boolean {
  if (file === undefined || page === undefined) return file === page;
  if (/^\[\[?\.\.\./.test(page)) return isPreferred;
  const [isFileDynamic, isPageDynamic] = [file.includes("*"), page.startsWith("[")];
  if (!isFileDynamic && isPageDynamic && !isPreferred) return false;
  const isSame = isPageDynamic || (isFileDynamic ? matchesSegment(page, file) : file === page);
  const isDecided = isPreferred || (isFileDynamic && !isPageDynamic);
  return isSame && ((files.length === 0 && pages.length === 0) || opens(files, pages, isDecided));
}

function matchesSegment(segment: string, pattern: string): boolean {
  const [before = "", after = ""] = pattern.split("*");
  return segment.length > pattern.length - 1 && segment.startsWith(before) && segment.endsWith(after);
}
