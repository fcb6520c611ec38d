import { Client } from "pg";
import { parseDatabaseUrl } from "../../lib/addresses";
import { readClientConfig } from "../../lib/server/postgres/client-config";
import { readSettings } from "../lib/env-file";
import { fail, messageOf } from "../lib/user-error";
import { readRunningStack } from "./running-stack";

/** The address of the database. The environment has priority, as for the other commands. */
export function findDatabase(): string {
  const databaseUrl =
    process.env.DATABASE_URL || readRunningStack().DATABASE_URL || readSettings().DATABASE_URL;
  if (!databaseUrl) {
    return fail("No database runs. Start it with `npm run up` in another terminal, or set DATABASE_URL.");
  }
  try {
    return parseDatabaseUrl(databaseUrl);
  } catch (error) {
    return fail(`DATABASE_URL: ${messageOf(error)}`);
  }
}

/**
 * Connects to the database. Values stay as the database sends them.
 * @throws {UserError} when it cannot be reached
 */
export async function connect(databaseUrl: string): Promise<Client> {
  const types = { getTypeParser: () => (value: unknown) => value };
  const client = new Client({ ...readClientConfig(databaseUrl), types: types as never });
  // A broken connection rejects the running statement. Without a listener it would end the process.
  client.on("error", () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    const { host, pathname } = new URL(databaseUrl);
    return fail(
      `The database at ${host}${pathname} cannot be reached (${messageOf(error)}). Start it (\`npm run up\` starts the local one), or correct DATABASE_URL.`,
    );
  }
}
