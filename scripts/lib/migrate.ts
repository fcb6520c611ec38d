import { NeonDbError, neon } from "@neondatabase/serverless";
import { getMigrations } from "better-auth/db/migration";
import type { Env } from "../../lib/env";
import { openAuth } from "./auth";
import { fail, messageOf } from "./user-error";

/**
 * Brings the database to what Better Auth needs, and gives what that took: nothing when it was so already.
 * @throws {UserError} when the database does not answer, or lets nobody make tables
 */
export async function migrate(env: Env): Promise<string[]> {
  const { options } = openAuth(env);
  await neon(env.databaseUrl)`select 1`.catch((error) =>
    fail(`The database cannot be used: ${messageOf(error)}. Start it, or correct DATABASE_URL.`),
  );
  try {
    return await run(options);
  } catch (error) {
    if (!(error instanceof NeonDbError)) throw error;
    return fail(
      `The tables cannot be made: ${error.message}. The user in DATABASE_URL needs the right to make them ` +
        "(GRANT CREATE ON SCHEMA public TO …).",
    );
  }
}

async function run(options: ReturnType<typeof openAuth>["options"]): Promise<string[]> {
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
