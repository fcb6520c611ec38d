import { getMigrations } from "better-auth/db/migration";
import { PostgresDialect } from "kysely";
import { Pool } from "pg";
import { speaksNeon } from "../../lib/database-protocol";
import type { Env } from "../../lib/env";
import { createAuth } from "../../lib/server/auth/create-auth";
import { createDatabase, createQuery } from "../../lib/server/auth/database";
import { databaseFailureIn } from "../../lib/server/auth/database-failures";
import { readClientConfig } from "../../lib/server/postgres/client-config";
import { fail, messageOf } from "../lib/user-error";

/**
 * Creates the tables, columns and indexes that Better Auth needs. Returns what it added; empty if
 * nothing was missing.
 * @throws {UserError} when the database does not respond, or its user has no right to create tables
 */
export async function migrate(env: Env): Promise<string[]> {
  await createQuery(env)("select 1", []).catch((error) =>
    fail(`The database cannot be used: ${messageOf(error)}. Start it, or correct DATABASE_URL.`),
  );
  try {
    return speaksNeon(env) ? await addMissing(env, createDatabase(env)) : await addMissingWithoutLimit(env);
  } catch (error) {
    if (databaseFailureIn(error) === undefined) throw error;
    return fail(
      `The tables cannot be created: ${messageOf(error)}. The user in DATABASE_URL needs the right to create them ` +
        "(GRANT CREATE ON SCHEMA public TO …).",
    );
  }
}

/** The app ends a statement after 5 seconds. An index of a large table takes longer. */
async function addMissingWithoutLimit(env: Env): Promise<string[]> {
  const pool = new Pool(readClientConfig(env.databaseUrl));
  // A connection broke while it was unused. Without a listener the process would end.
  pool.on("error", () => {});
  try {
    return await addMissing(env, {
      dialect: new PostgresDialect({ pool }),
      type: "postgres",
      transaction: true,
    });
  } finally {
    await pool.end();
  }
}

async function addMissing(env: Env, database: ReturnType<typeof createDatabase>): Promise<string[]> {
  const plan = await getMigrations(createAuth(env, database).options);
  const steps = [
    ...plan.toBeCreated.map(({ table }) => `table ${table}`),
    ...plan.toBeAdded.flatMap(({ table, fields }) =>
      Object.keys(fields).map((field) => `column ${table}.${field}`),
    ),
    ...plan.toBeAddedIndexes.map(({ name }) => `index ${name}`),
  ];
  if (steps.length > 0) await plan.runMigrations();
  return steps;
}
