import {
  accessOf,
  docsOf,
  docsPathsOf,
  findBackendContradictions,
  findInvalidBackends,
} from "./check-backends";
import { findInvalidRequirements, findOrgRoles, findRequirementProblems } from "./check-requirements";
import { isFolder, isWithin, matchesPattern, overlap, rootOf } from "./route-patterns";
import type { Routes } from "./routes";

/** The routes contradict each other, or have an invalid pattern. `problems` has one line for each. */
export class RoutesError extends Error {
  override readonly name = "RoutesError";
  readonly code = "routes_invalid";

  constructor(readonly problems: readonly string[]) {
    super(`The routes in lib/routes.ts cannot be used:\n${problems.map((line) => `  - ${line}`).join("\n")}`);
  }
}

/** A pattern, and the list that it is in. */
interface Entry {
  readonly list: string;
  readonly pattern: string;
}

/**
 * Checks the routes, and reports all problems together. Each message names the entry and the fix.
 * `organizations` is the switch in `lib/organizations.ts`.
 * @throws {RoutesError}
 */
export function checkRoutes(routes: Routes, organizations: boolean): void {
  const prefixes = entriesOf(
    "backends",
    routes.backends.map(({ prefix }) => prefix),
  );
  const kinds: readonly Entry[] = [
    ...entriesOf("publicPages", routes.publicPages),
    ...entriesOf("guestPages", routes.guestPages),
    ...entriesOf("staticPages", routes.staticPages ?? []),
    ...entriesOf("openApi", routes.openApi),
    ...prefixes,
  ];
  const rules = routes.backends.flatMap((backend) =>
    entriesOf(
      accessOf(backend),
      backend.access.map(({ path }) => path),
    ),
  );
  const bounds = entriesOf(
    "maxStale",
    routes.maxStale.map(([pattern]) => pattern),
  );
  const requirements = entriesOf(
    "requirements",
    (routes.requirements ?? []).map(({ path }) => path),
  );
  const exact: readonly Entry[] = [
    ...entriesOf("basePath", routes.basePath ? [routes.basePath] : []),
    ...prefixes,
    ...routes.backends.flatMap((backend) => entriesOf(docsOf(backend), docsPathsOf(backend))),
    ...entriesOf("login", [routes.login]),
    ...entriesOf("home", [routes.home]),
    ...entriesOf("endSession", routes.endSession),
  ];
  // The other checks compare patterns, so they need valid ones.
  const invalid = unique([
    ...[...kinds, ...rules, ...bounds, ...requirements, ...exact].flatMap(findInvalid),
    ...exact.flatMap(findFolder),
    ...routes.maxStale.flatMap(findInvalidBound),
    ...findInvalidPrefixes(routes),
    ...findInvalidBackends(routes.backends),
    ...findInvalidRequirements(routes),
  ]);
  const problems =
    invalid.length > 0
      ? invalid
      : [
          ...findOverlaps(kinds),
          ...findDuplicates(bounds),
          ...findDuplicates(entriesOf("endSession", routes.endSession)),
          ...kinds.flatMap(findMisplaced),
          ...findBackendContradictions(routes.backends),
          ...findRequirementProblems(routes),
          ...findOrgRoles(routes, organizations),
          ...findContradictions(routes),
          ...[...kinds, ...bounds, ...exact].flatMap((entry) => findLocale(entry, routes)),
        ];
  if (problems.length > 0) throw new RoutesError(problems);
}

function entriesOf(list: string, patterns: readonly string[]): Entry[] {
  return patterns.map((pattern) => ({ list, pattern }));
}

function unique(lines: readonly string[]): string[] {
  return [...new Set(lines)];
}

/** What a pattern must not contain. The first rule that applies is reported. */
const RULES: readonly (readonly [isBroken: (pattern: string) => boolean, message: string])[] = [
  [(pattern) => !pattern.startsWith("/"), 'does not start with "/". Add it'],
  [
    (pattern) => /[?#]/.test(pattern),
    "has a query or a fragment. Remove it: only the path of a request is compared",
  ],
  [
    (pattern) => rootOf(pattern).includes("*"),
    'has a "*" that is not the whole last segment. Write an exact path, or "/folder/*"',
  ],
  [
    (pattern) => pattern.includes("%") || /[^\x21-\x7e]|[\\"<>^`{|}]/.test(pattern),
    "has an encoded character, or one that URLs encode. Write the pattern of a folder above it",
  ],
  [
    (pattern) => /\/\.{1,2}(?:\/|$)/.test(rootOf(pattern)),
    "has a dot segment. Write the path that it leads to",
  ],
  [(pattern) => rootOf(pattern).includes("//"), 'has "//". Write "/"'],
  [
    (pattern) => pattern !== "/" && rootOf(pattern).endsWith("/"),
    'has a slash too many at its end. Remove it: "/about" is also "/about/"',
  ],
];

function findInvalid({ list, pattern }: Entry): string[] {
  const broken = RULES.find(([isBroken]) => isBroken(pattern));
  return broken ? [`${list}: "${pattern}" ${broken[1]}`] : [];
}

function findFolder({ list, pattern }: Entry): string[] {
  return isFolder(pattern) ? [`${list}: "${pattern}" is a pattern. Write an exact path`] : [];
}

function findInvalidBound([pattern, seconds]: Routes["maxStale"][number]): string[] {
  if (Number.isInteger(seconds) && seconds >= 0) return [];
  return [`maxStale: "${pattern}" has the limit ${seconds}. Write a whole number of seconds, at least 0`];
}

/** A segment of a path that needs no encoding. */
const LOCALE = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

function findInvalidPrefixes({ basePath, locales = [] }: Routes): string[] {
  const repeated = locales.filter((locale, index) => locales.indexOf(locale) !== index);
  return [
    ...(basePath === "/" ? ['basePath: "/" is the path of an app without a base path. Write ""'] : []),
    ...locales
      .filter((locale) => !LOCALE.test(locale) || locale === "api")
      .map((locale) => `locales: "${locale}" is no first segment of a page's path. Write it like "de"`),
    ...repeated.map((locale) => `locales: "${locale}" is listed twice. Remove one of them`),
  ];
}

/** The gate removes the locale before it compares the path of a page, so this entry has no effect. */
function findLocale({ list, pattern }: Entry, { locales = [] }: Routes): string[] {
  const [, segment = ""] = rootOf(pattern).split("/");
  if (list === "basePath" || !locales.includes(segment)) return [];
  const fix = list === "backends" ? "Use another prefix" : "Write the path without it";
  return [`${list}: "${pattern}" begins with the locale "${segment}". ${fix}`];
}

/** Everything below a backend's prefix is the backend's. */
function coverage({ list, pattern }: Entry): string {
  return list === "backends" ? `${pattern}/*` : pattern;
}

function findOverlaps(entries: readonly Entry[]): string[] {
  return entries.flatMap((one, index) =>
    entries
      .slice(index + 1)
      .filter((other) => overlap(coverage(one), coverage(other)) && !isException(one, other))
      .map((other) =>
        one.list === other.list
          ? `${one.list}: "${one.pattern}" and "${other.pattern}" overlap. Remove one of them`
          : `${one.list}: "${one.pattern}" overlaps "${other.pattern}" in ${other.list}. A path has one kind: change one of them`,
      ),
  );
}

/** A page that is rendered for each request, inside of a folder of static pages. */
function isException(page: Entry, folder: Entry): boolean {
  const isPage = page.list === "publicPages" || page.list === "guestPages";
  return isPage && folder.list === "staticPages" && isFolder(folder.pattern) && !isFolder(page.pattern);
}

function findDuplicates(entries: readonly Entry[]): string[] {
  return entries
    .filter(({ pattern }, index) => entries.findIndex((other) => other.pattern === pattern) !== index)
    .map(({ list, pattern }) => `${list}: "${pattern}" is listed twice. Remove one of them`);
}

/** Only paths below `/api` are route handlers to the gate, and only others are pages. */
function findMisplaced({ list, pattern }: Entry): string[] {
  const isApi = isWithin(rootOf(pattern), "/api");
  if (list === "openApi") {
    return isApi ? [] : [`openApi: "${pattern}" is not below "/api". List it in publicPages`];
  }
  if (list === "backends") {
    if (pattern === "/") return ['backends: "/" covers every path. Write a path such as "/backend"'];
    return isApi
      ? [`backends: "${pattern}" is below "/api", where the app's route handlers are. Use another prefix`]
      : [];
  }
  if (pattern === "/*") return [`${list}: "/*" covers every page. List the pages or their folders`];
  return isApi ? [`${list}: "${pattern}" is below "/api", where no page is. List it in openApi`] : [];
}

function findContradictions({ login, home, guestPages, backends }: Routes): string[] {
  const isGuest = (path: string) => guestPages.some((pattern) => matchesPattern(path, pattern));
  const isPage = (path: string) =>
    !backends.some(({ prefix }) => isWithin(path, prefix)) && !isWithin(path, "/api");
  return [
    // `safeNextPath` relies on this to prevent a redirect loop.
    ...(isGuest(login) ? [] : [`login: "${login}" is not a page for guests. Add it to guestPages`]),
    ...(isGuest(home)
      ? [`home: "${home}" is a page for guests, so a sign-in would be a redirect loop. Use another page`]
      : []),
    ...(isPage(home) ? [] : [`home: "${home}" is not a page. Use the path of a page`]),
  ];
}
