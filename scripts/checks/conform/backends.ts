import { slugOf } from "../../../lib/backends";
import { matchesPattern } from "../../../lib/route-patterns";
import { type Backend, type Routes, routes } from "../../../lib/routes";
import type { Check } from "../check";
import { findPath } from "../find-path";
import type { Context } from "./context";

export const [first, ...further]: Routes["backends"] = routes.backends;

/** A protected path of each further backend. It need not exist: the gate refuses it first. */
export const OF_OTHER_BACKENDS: readonly string[] = further
  .filter(({ prefix, access }) => !access.some(({ path }) => matchesPattern(`${prefix}/conform`, path)))
  .map(({ prefix }) => `${prefix}/conform`);

/** A path of the backend whose response names the user, with the prefix. */
export function userPathOf(backend: Backend, { paths }: Pick<Context, "paths">): string {
  return backend.prefix + findPath(paths, backend, routes.backends);
}

/** Such a path of each further backend. */
export function furtherUserPaths(context: Pick<Context, "paths">): readonly string[] {
  return further.map((backend) => userPathOf(backend, context));
}

/** A check of one backend. */
export interface BackendCheck extends Omit<Check<Context>, "run"> {
  /** `userPath`: see {@link userPathOf}. */
  run(context: Context, userPath: string, backend: Backend): ReturnType<Check<Context>["run"]>;
}

/** The check for each backend. That of the first one has the id and the title as they are. */
export function forEachBackend(
  check: BackendCheck,
  backends: readonly Backend[] = routes.backends,
): Check<Context>[] {
  return backends.map((backend, index) => ({
    ...check,
    id: index === 0 ? check.id : `${check.id}.${slugOf(backend)}`,
    title: index === 0 ? check.title : `${check.title} (${backend.prefix})`,
    run: (context) => check.run(context, userPathOf(backend, context), backend),
  }));
}
