import type { Access, BackendRule } from "../lib/routes";
import { createPathMatcher, type MatchPath } from "./path-matcher";

/** The access to a backend path. The path is percent-encoded, as in the URL. */
export type FindBackendAccess = (method: string, pathname: string) => Access;

/**
 * Creates the function that applies the rules for backend paths. `checkRoutes` has made sure that at
 * most one rule applies to a request. Without a rule the access is `required`, and so it is for a
 * path that the backend could read as another one (`edge/path-matcher.ts`).
 */
export function createBackendAccess(rules: readonly BackendRule[]): FindBackendAccess {
  const methods = new Set(rules.flatMap((rule) => rule.methods));
  const byMethod = new Map([...methods].map((method) => [method, createMatchers(rules, method)] as const));

  return function findBackendAccess(method, pathname) {
    const matchers = byMethod.get(method);
    if (!matchers) return "required";
    if (matchers.isOpen(pathname)) return "open";
    return matchers.isOptional(pathname) ? "optional" : "required";
  };
}

interface Matchers {
  readonly isOpen: MatchPath;
  readonly isOptional: MatchPath;
}

function createMatchers(rules: readonly BackendRule[], method: string): Matchers {
  const pathsOf = (access: BackendRule["access"]) =>
    rules.filter((rule) => rule.access === access && rule.methods.includes(method)).map(({ path }) => path);
  return { isOpen: createPathMatcher(pathsOf("open")), isOptional: createPathMatcher(pathsOf("optional")) };
}
