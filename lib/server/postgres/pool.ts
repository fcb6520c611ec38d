import "server-only";
import type { Pool } from "pg";
import type { Env } from "../../env";
import { readClientConfig } from "./client-config";

/** A database that has not responded after this time counts as unreachable. Milliseconds. */
const TIMEOUT = 5_000;
/** How long an unused connection stays open. Milliseconds. */
const CLOSE_IDLE_AFTER = 60_000;

/** One pool for each database in this process, although a build contains this file several times. */
const shared = globalThis as { __gatehousePools?: Map<string, Promise<Pool>> };

/**
 * The connections of this process to a database that is not Neon's. They open when they are needed,
 * again after the database has restarted too.
 *
 * @throws {EnvError} the returned promise rejects if the file of `sslrootcert` cannot be read
 */
export function openPool({
  databaseUrl,
  databasePoolSize,
}: Pick<Env, "databaseUrl" | "databasePoolSize">): Promise<Pool> {
  shared.__gatehousePools ??= new Map();
  const pool = shared.__gatehousePools.get(databaseUrl) ?? createPool(databaseUrl, databasePoolSize);
  shared.__gatehousePools.set(databaseUrl, pool);
  return pool;
}

async function createPool(databaseUrl: string, max: number): Promise<Pool> {
  const config = readClientConfig(databaseUrl);
  // Imported here, so that an app on Neon does not load the driver.
  const { Pool } = await import("pg");
  const pool = new Pool({
    ...config,
    max,
    keepAlive: true,
    idleTimeoutMillis: CLOSE_IDLE_AFTER,
    // A script can end while it has unused connections.
    allowExitOnIdle: true,
    connectionTimeoutMillis: TIMEOUT,
    query_timeout: TIMEOUT,
    // Postgres ends the statement too. Otherwise statements that wait for a lock would remain in the
    // server after their connection is closed, and use up its limit of connections.
    statement_timeout: TIMEOUT,
  });
  // An unused connection broke. The pool has removed it. Without a listener the process would end.
  pool.on("error", () => {});
  return pool;
}
