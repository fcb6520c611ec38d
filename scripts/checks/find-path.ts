import { isWithin } from "../../lib/route-patterns";
import type { Backend } from "../../lib/routes";

/** The path of a backend that the checks request, unless the command line names another one. */
const DEFAULT_PATH = "/api/me";

/**
 * The path of this backend among those of the command line (`--path`), without its prefix. The paths
 * of the first backend have no prefix, the others have theirs.
 */
export function findPath(
  paths: readonly string[],
  backend: Backend,
  [first, ...further]: readonly Backend[],
): string {
  const found =
    backend === first
      ? paths.find((path) => !further.some(({ prefix }) => isWithin(path, prefix)))
      : paths.find((path) => isWithin(path, backend.prefix))?.slice(backend.prefix.length);
  return found || DEFAULT_PATH;
}
