import "server-only";
import { createAuthMiddleware, isAPIError } from "better-auth/api";

type Handler = Parameters<typeof createAuthMiddleware>[0];

/** What Better Auth passes to a hook of a plugin. */
export type HookContext = Parameters<Handler>[0];

/** A hook for the endpoints at these paths. */
export function onPaths<Result>(
  paths: readonly string[],
  handler: (context: HookContext) => Promise<Result>,
) {
  return {
    matcher: ({ path }: { path?: string }) => path !== undefined && paths.includes(path),
    handler: createAuthMiddleware(handler),
  };
}

/**
 * Whether the endpoint succeeded. Better Auth redirects after a success, and also after some
 * failures: then the query contains `error`.
 */
export function hasSucceeded({ context }: HookContext): boolean {
  const { returned } = context;
  if (!isAPIError(returned)) return true;
  const location = new Headers(returned.headers).get("location");
  return location !== null && !/[?&]error=/.test(location);
}
