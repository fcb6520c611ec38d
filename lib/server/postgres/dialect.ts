import "server-only";
import { PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import type { PoolClient } from "pg";
import type { Env } from "../../env";
import { openPool } from "./pool";

type OnFailure = (error: unknown) => void;

/** Kysely's dialect on the pool of this process. `onFailure` is called with every error. */
export function createPostgresDialect(
  env: Pick<Env, "databaseUrl" | "databasePoolSize">,
  onFailure: OnFailure,
): PostgresDialect {
  return new PostgresDialect({ pool: async () => watchPool(env, onFailure) });
}

function watchPool(env: Pick<Env, "databaseUrl" | "databasePoolSize">, onFailure: OnFailure): PostgresPool {
  return {
    async connect() {
      try {
        const pool = await openPool(env);
        return watchClient(await pool.connect(), onFailure);
      } catch (error) {
        onFailure(error);
        throw error;
      }
    },
    // Other code of this process uses the same pool.
    end: async () => {},
  };
}

const ignore = () => {};

function watchClient(client: PoolClient, onFailure: OnFailure): PostgresPoolClient {
  let hasFailed = false;
  // A broken connection rejects the query that runs on it. Without a listener it would also end the
  // process.
  client.on("error", ignore);
  const query = async (text: string, parameters: readonly unknown[]) => {
    try {
      return await client.query(text, [...parameters]);
    } catch (error) {
      hasFailed = true;
      onFailure(error);
      throw error;
    }
  };
  return {
    // Kysely never passes a cursor, because this dialect gives it none.
    query: query as unknown as PostgresPoolClient["query"],
    release() {
      client.off("error", ignore);
      // After a failure the connection is closed. It may be broken, still busy with a statement that
      // took too long, or connected to a server that has become read-only.
      client.release(hasFailed);
    },
  };
}
