import { AsyncLocalStorage } from "node:async_hooks";

/**
 * What Postgres said no to while a request was handled. `invalid`: a value that it cannot store. `conflict`: one that
 * another row has already, or that names a row which is gone. `outage`: everything else.
 */
export type DatabaseFailure = "invalid" | "conflict" | "outage";

/** The last error of each kind. */
export type DatabaseFailures = ReadonlyMap<DatabaseFailure, unknown>;

const current = new AsyncLocalStorage<Map<DatabaseFailure, unknown>>();

/** For the database's driver: remembers the failure for the request that is being handled. */
export function noteDatabaseFailure(error: unknown): void {
  current.getStore()?.set(kindOf(error), error);
}

/**
 * Runs `work`, and gives what failed in the database meanwhile. Better Auth swallows some of these errors and turns others
 * into responses of its own, so that its response does not tell an outage from an invalid value.
 */
export async function watchDatabase<T>(
  work: () => Promise<T>,
): Promise<{ result: PromiseSettledResult<T>; failures: DatabaseFailures }> {
  const failures = new Map<DatabaseFailure, unknown>();
  const [result] = await Promise.allSettled([current.run(failures, work)]);
  return { result, failures };
}

/** What Postgres said no to, where this error, or what caused it, is one of a database's driver. */
export function databaseFailureIn(error: unknown): DatabaseFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const isOfDriver = error.name === "NeonDbError" || "severity" in error;
  return isOfDriver ? kindOf(error) : databaseFailureIn(error.cause);
}

/** SQLSTATE classes 22 (data exception), 23 (integrity constraint violation) and 54 (program limit exceeded). */
function kindOf(error: unknown): DatabaseFailure {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  // Unique, foreign key and exclusion: the value is valid, and what else is stored stands against it.
  if (["23505", "23503", "23P01"].includes(code)) return "conflict";
  return /^(22|23|54)[0-9A-Z]{3}$/.test(code) ? "invalid" : "outage";
}
