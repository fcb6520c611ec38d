import { Kysely, sql } from "kysely";
import { createDatabase } from "./db";
import type { Env } from "./env";
import type { Probe } from "./readiness";

/** Milliseconds. */
const ANSWER_WITHIN = 2_000;

/** A database without Better Auth's tables is not ready either: `npm run migrate` was forgotten. */
export function createDatabaseProbe(env: Pick<Env, "databaseUrl" | "neonEndpoint">): Probe {
  const database = new Kysely(createDatabase(env));
  return () => sql`select 1 from session limit 1`.execute(database);
}

/** Any answer that is no fault will do: not every FastAPI has a `/health`. */
export function createBackendProbe({ backendUrl }: Pick<Env, "backendUrl">): Probe {
  return async () => {
    const signal = AbortSignal.timeout(ANSWER_WITHIN);
    const response = await fetch(`${backendUrl}/health`, { redirect: "manual", cache: "no-store", signal });
    await response.body?.cancel();
    if (response.status >= 500) throw new Error(`status ${response.status}`);
  };
}
