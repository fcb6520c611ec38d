import "server-only";
import { neon } from "@neondatabase/serverless";
import { speaksNeon } from "../../database-protocol";
import type { Env } from "../../env";
import { createPostgresDialect } from "../postgres/dialect";
import { openPool } from "../postgres/pool";
import { configureNeon, TransactionalNeonDialect } from "./neon-dialect";

type DatabaseEnv = Pick<Env, "databaseUrl" | "neonEndpoint" | "databasePoolSize">;

/** Called with every database error. The error is thrown as well. */
type OnFailure = (error: unknown) => void;

const ignore: OnFailure = () => {};

/**
 * Creates the database in the form that Better Auth accepts: Neon by its own protocols, any other
 * Postgres by a pool of connections.
 */
export function createDatabase(env: DatabaseEnv, onFailure = ignore) {
  return { dialect: createDialect(env, onFailure), type: "postgres" as const, transaction: true };
}

function createDialect(env: DatabaseEnv, onFailure: OnFailure) {
  if (!speaksNeon(env)) return createPostgresDialect(env, onFailure);
  configureNeon(env);
  return new TransactionalNeonDialect(env.databaseUrl, onFailure);
}

/** Runs one SQL statement in its own transaction, and resolves to its rows. */
export type Query = (text: string, parameters: readonly unknown[]) => Promise<Record<string, unknown>[]>;

/** Creates the function for statements that Better Auth does not run. */
export function createQuery(env: DatabaseEnv, onFailure = ignore): Query {
  const run = speaksNeon(env) ? createNeonQuery(env) : createPostgresQuery(env);
  return async (text, parameters) => {
    try {
      return await run(text, parameters);
    } catch (error) {
      onFailure(error);
      throw error;
    }
  };
}

function createPostgresQuery(env: DatabaseEnv): Query {
  return async (text, parameters) => (await (await openPool(env)).query(text, [...parameters])).rows;
}

function createNeonQuery(env: DatabaseEnv): Query {
  configureNeon(env);
  const sql = neon(env.databaseUrl);
  return (text, parameters) => sql.query(text, [...parameters]);
}
