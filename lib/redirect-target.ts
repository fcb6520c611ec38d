import { routes } from "./routes";

/**
 * A host that no deployment has (RFC 6761 §6.4). A value that resolves to another host is not a
 * path.
 */
const NOWHERE = "http://nowhere.invalid";

/**
 * Reads a `next` parameter. Returns a path on this origin with its query and fragment.
 *
 * Attack (CWE-601, open redirect): a browser can follow `//host`, `/\host`, a value with a scheme,
 * or one with control characters to another site. Defence: the result is undefined for all of
 * these.
 */
export function safeNextPath(value: unknown): string | undefined {
  if (typeof value !== "string" || !value.startsWith("/")) return undefined;
  // The URL standard removes tabs and newlines before it parses: "/\t/host" would become "//host".
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(value) || !URL.canParse(value, NOWHERE)) return undefined;
  const url = new URL(value, NOWHERE);
  // The parser has resolved dot segments: "/.//host" has become "//host".
  if (url.origin !== NOWHERE || url.pathname.startsWith("//")) return undefined;
  // A path to a guest page, such as the sign-in page itself, would cause a redirect loop.
  if ((routes.guestPages as readonly string[]).includes(url.pathname)) return undefined;
  return url.pathname + url.search + url.hash;
}

/** The path of the sign-in page, with `next` as the page to return to. */
export function loginPath(next: string): string {
  const path = safeNextPath(next);
  return path && path !== "/" ? `${routes.login}?next=${encodeURIComponent(path)}` : routes.login;
}
