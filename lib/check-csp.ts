import type { ContentSources } from "./csp";

/** A list in lib/csp.ts has an invalid entry. `problems` has one line for each. */
export class ContentSourcesError extends Error {
  override readonly name = "ContentSourcesError";
  readonly code = "content_sources_invalid";

  constructor(readonly problems: readonly string[]) {
    super(`The lists in lib/csp.ts cannot be used:\n${problems.map((line) => `  - ${line}`).join("\n")}`);
  }
}

/**
 * One host, or all hosts below a domain, with a port and a path if needed (CSP Level 3 §2.3.1). The
 * scheme is required: without it, a page on http would also allow http.
 */
const HOST = /^(?:https|wss):\/\/(?:\*\.)?[a-z\d-]+(?:\.[a-z\d-]+)+(?::\d+)?(?:\/[\w./~%@:-]*)?$/;

/** Servers on the developer's own machine. */
const LOCAL = /^(?:https?|wss?):\/\/(?:localhost|127\.0\.0\.1)(?::\d+)?(?:\/[\w./~%@:-]*)?$/;

/** Of the hash of an inline script. */
const HASH = /^'sha(?:256|384|512)-[A-Za-z\d+/]+={0,2}'$/;

/** Lists in which the address of a blob, or of data, runs no code. */
const WITH_DATA = new Set(["images", "fonts", "media"]);

/**
 * Checks the lists, and reports all problems together.
 *
 * Attack: an entry such as `*` or `'unsafe-inline'` would take away what the policy is for, and a
 * semicolon would begin another directive. Defence: only hosts are valid.
 * @throws {ContentSourcesError}
 */
export function checkContentSources(sources: ContentSources): void {
  const problems = Object.entries(sources).flatMap(([list, entries]: [string, readonly string[]]) =>
    entries.flatMap((entry, index) => {
      if (!isValid(list, entry)) return [`${list}: "${entry}" ${describe(list, entry)}`];
      return entries.indexOf(entry) < index
        ? [`${list}: "${entry}" is listed twice. Remove one of them`]
        : [];
    }),
  );
  if (problems.length > 0) throw new ContentSourcesError(problems);
}

function isValid(list: string, entry: string): boolean {
  if (list === "scripts" && HASH.test(entry)) return true;
  if (WITH_DATA.has(list) && (entry === "data:" || entry === "blob:")) return true;
  return HOST.test(entry) || LOCAL.test(entry);
}

function describe(list: string, entry: string): string {
  if (entry.startsWith("'") && list !== "scripts") return "is a keyword. Only hosts can be listed";
  if (entry.startsWith("'")) return "is not the hash of a script. Write a host, or 'sha256-…'";
  if (/^[\w-]+:(?:\/\/)?\*?$/.test(entry) || entry === "*") return "allows every host. List the hosts";
  if (entry.startsWith("http://") || entry.startsWith("ws://"))
    return "is not encrypted. Use https:// or wss://";
  return 'is not a host. Write it with its scheme, such as "https://images.example.com"';
}
