import { isWithin } from "./route-patterns";
import type { Routes } from "./routes";

/**
 * The address that a browser uses for a path of the app: `/app/dashboard` for `/dashboard`, if
 * `basePath` is `/app`. Next adds the base path to links and to `redirect()`. Everything else needs
 * this function: `location.assign`, `fetch`, `EventSource`, a `Location` header, a link in an email.
 */
export function withBasePath(path: string, { basePath = "" }: Pick<Routes, "basePath">): string {
  return path === "/" ? basePath || "/" : basePath + path;
}

/**
 * The path of the app in an address: `/dashboard` for `/app/dashboard`. A path outside of the base
 * path does not change: no page of the app has it.
 */
export function withoutBasePath(pathname: string, { basePath }: Pick<Routes, "basePath">): string {
  if (!basePath || !isWithin(pathname, basePath)) return pathname;
  return pathname.slice(basePath.length) || "/";
}
