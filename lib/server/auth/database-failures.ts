import "server-only";
import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Why a database query failed during a request. `invalid`: Postgres cannot store the value.
 * `conflict`: another row already has the value, or it refers to a row that no longer exists.
 * `outage`: any other error.
 */
export type DatabaseFailure = "invalid" | "conflict" | "outage";

/** The last error of each kind. */
export type DatabaseFailures = ReadonlyMap<DatabaseFailure, unknown>;

const current = new AsyncLocalStorage<Map<DatabaseFailure, unknown>>();

/** Called by the database driver: stores the failure for the current request. */
export function noteDatabaseFailure(error: unknown): void {
  current.getStore()?.set(kindOf(error), error);
}

/**
 * Runs `work`, and returns its result together with the database failures that occurred meanwhile.
 * Better Auth hides some of these errors and turns others into its own responses, so its response
 * does not show the difference between an outage and an invalid value.
 */
export async function watchDatabase<T>(
  work: () => Promise<T>,
): Promise<{ result: PromiseSettledResult<T>; failures: DatabaseFailures }> {
  const failures = new Map<DatabaseFailure, unknown>();
  const [result] = await Promise.allSettled([current.run(failures, work)]);
  return { result, failures };
}

/** The kind of failure, if this error, or one of its causes, comes from a database driver. */
export function databaseFailureIn(error: unknown): DatabaseFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const isOfDriver = error.name === "NeonDbError" || "severity" in error;
  return isOfDriver ? kindOf(error) : databaseFailureIn(error.cause);
}

/**
 * SQLSTATE classes 22 (data exception), 23 (integrity constraint violation) and 54 (program limit
 * exceeded).
 */
function kindOf(error: unknown): DatabaseFailure {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  // Unique, foreign key and exclusion violations: the value is valid but conflicts with other rows.
  if (["23505", "23503", "23P01"].includes(code)) return "conflict";
  return /^(22|23|54)[0-9A-Z]{3}$/.test(code) ? "invalid" : "outage";
}
