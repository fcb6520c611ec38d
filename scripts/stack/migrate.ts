import { getMigrations } from "better-auth/db/migration";
import type { Env } from "../../lib/env";
import { createQuery } from "../../lib/server/auth/database";
import { databaseFailureIn } from "../../lib/server/auth/database-failures";
import { fail, messageOf } from "../lib/user-error";
import { openAuth } from "./auth";

/**
 * Creates the tables, columns and indexes that Better Auth needs. Returns what it added; empty if
 * nothing was missing.
 * @throws {UserError} when the database does not respond, or its user has no right to create tables
 */
export async function migrate(env: Env): Promise<string[]> {
  const { options } = openAuth(env);
  await createQuery(env)("select 1", []).catch((error) =>
    fail(`The database cannot be used: ${messageOf(error)}. Start it, or correct DATABASE_URL.`),
  );
  try {
    return await addMissing(options);
  } catch (error) {
    if (databaseFailureIn(error) === undefined) throw error;
    return fail(
      `The tables cannot be created: ${messageOf(error)}. The user in DATABASE_URL needs the right to create them ` +
        "(GRANT CREATE ON SCHEMA public TO …).",
    );
  }
}

async function addMissing(options: ReturnType<typeof openAuth>["options"]): Promise<string[]> {
  const plan = await getMigrations(options);
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
