import "server-only";
import { Kysely, sql } from "kysely";
import type { BackendSettings } from "../backends";
import { readVercelError } from "../vercel-response";
import { createDatabase } from "./auth/database";
import type { Probe } from "./readiness";

/** Milliseconds. */
const TIMEOUT = 2_000;

/**
 * Queries a table of Better Auth. A database without its tables is not ready either:
 * `npm run migrate` was not run.
 */
export function createDatabaseProbe(env: Parameters<typeof createDatabase>[0]): Probe {
  const database = new Kysely(createDatabase(env));
  return () => sql`select 1 from session limit 1`.execute(database);
}

/**
 * Any response of the backend below 500 means that it is up: not every FastAPI app has a `/health`.
 */
export function createBackendProbe({ url }: Pick<BackendSettings, "url">): Probe {
  return async () => {
    const signal = AbortSignal.timeout(TIMEOUT);
    const response = await fetch(`${url}/health`, { redirect: "manual", cache: "no-store", signal });
    await response.body?.cancel();
    const vercel = readVercelError(response.headers, response.headers.getSetCookie());
    if (vercel) throw new Error(`Vercel responds with ${vercel}`);
    if (response.status >= 500) throw new Error(`status ${response.status}`);
  };
}
