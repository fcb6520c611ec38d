import { routes } from "../../lib/routes";

/**
 * The path of a page, in the first language if the app has several. Without the language, a `next`
 * function such as next-intl's may redirect to it.
 */
export function pagePath(path: string): string {
  const [locale]: readonly string[] = routes.locales;
  if (locale === undefined) return path;
  return path === "/" ? `/${locale}` : `/${locale}${path}`;
}
