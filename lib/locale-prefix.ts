import type { Routes } from "./routes";

/** A path, split into the prefix of its locale and the path of the page. */
export interface SplitPath {
  /** Such as `/de`. Empty if the path has none. */
  readonly prefix: string;
  /** Such as `/account`. */
  readonly page: string;
}

/**
 * Splits `/de/account` into `/de` and `/account`, and `/de` into `/de` and `/`. Only the first
 * segment counts, and only if it is written exactly as in the list: any other path keeps all of its
 * segments, so it is in no list of pages and needs a session.
 */
export function splitLocale(pathname: string, { locales = [] }: Pick<Routes, "locales">): SplitPath {
  if (locales.length === 0) return { prefix: "", page: pathname };
  const end = pathname.indexOf("/", 1);
  const segment = end < 0 ? pathname.slice(1) : pathname.slice(1, end);
  if (!locales.includes(segment)) return { prefix: "", page: pathname };
  return { prefix: `/${segment}`, page: end < 0 ? "/" : pathname.slice(end) };
}
