import { splitLocale } from "./locale-prefix";
import { matchesPattern } from "./route-patterns";
import type { Routes } from "./routes";

/**
 * A host that no deployment has (RFC 6761 §6.4). A value that resolves to another host is not a
 * path.
 */
const NO_HOST = "http://nowhere.invalid";

/**
 * Reads a `next` parameter. Returns a path on this origin with its query and fragment. Undefined if
 * the value is not such a path, or if it is the path of a page for guests.
 *
 * Attack (CWE-601, open redirect): a browser can follow `//host`, `/\host`, a value with a scheme,
 * or one with control characters to another site. Defence: the result is undefined for all of
 * these.
 */
export function safeNextPath(
  value: unknown,
  routes: Pick<Routes, "guestPages" | "locales">,
): string | undefined {
  if (typeof value !== "string" || !value.startsWith("/")) return undefined;
  // The URL standard removes tabs and newlines before it parses: "/\t/host" would become "//host".
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern must match them
  if (/[\u0000-\u0020\u007f\\]/.test(value) || !URL.canParse(value, NO_HOST)) return undefined;
  const url = new URL(value, NO_HOST);
  // The parser has resolved dot segments: "/.//host" has become "//host".
  if (url.origin !== NO_HOST || url.pathname.startsWith("//")) return undefined;
  // A path to a guest page, such as the sign-in page itself, would cause a redirect loop.
  const { page } = splitLocale(url.pathname, routes);
  if (routes.guestPages.some((pattern) => matchesPattern(page, pattern))) return undefined;
  return url.pathname + url.search + url.hash;
}

/**
 * The path of the sign-in page, with `next` as the page to return to. It is in the language of
 * `next`: `/de/login` for `/de/dashboard`.
 */
export function loginPath(next: string, routes: Pick<Routes, "guestPages" | "locales" | "login">): string {
  const path = safeNextPath(next, routes);
  if (!path || path === "/") return routes.login;
  const { prefix } = splitLocale(path.split(/[?#]/, 1)[0] ?? "", routes);
  const login = prefix + routes.login;
  return path === prefix ? login : `${login}?next=${encodeURIComponent(path)}`;
}
