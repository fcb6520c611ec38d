import { routes } from "./routes";

/** A host that no deployment has: whatever resolves away from it was no path. */
const NOWHERE = "http://nowhere.invalid";

/**
 * Reads a `next` parameter: a path on this origin with its query and fragment, or undefined for anything
 * that a browser could take elsewhere (CWE-601: `//host`, `/\host`, a scheme, control characters).
 */
export function safeNextPath(value: unknown): string | undefined {
  if (typeof value !== "string" || !value.startsWith("/")) return undefined;
  // The URL standard drops tab and newline before it parses, so "/\t/host" would become "//host".
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(value) || !URL.canParse(value, NOWHERE)) return undefined;
  const url = new URL(value, NOWHERE);
  // Dot segments are gone now, and "/.//host" has become "//host".
  if (url.origin !== NOWHERE || url.pathname.startsWith("//")) return undefined;
  // To the sign-in page itself would lead in a circle.
  if ((routes.guestPages as readonly string[]).includes(url.pathname)) return undefined;
  return url.pathname + url.search + url.hash;
}

/** The sign-in page, with the way back. */
export function loginPath(next: string): string {
  const path = safeNextPath(next);
  return path && path !== "/" ? `${routes.login}?next=${encodeURIComponent(path)}` : routes.login;
}
