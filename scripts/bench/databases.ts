import { mkdirSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "../../lib/env";
import type { AtEnd } from "../lib/main";
import { root } from "../lib/root";
import { fail } from "../lib/user-error";
import { migrate } from "../stack/migrate";
import { startNeonEndpoint } from "../stack/neon-endpoint";
import { findPostgres, startPlainPostgres } from "../stack/plain-postgres";
import { startDatabase, testEnv } from "../stack/test-stack";
import type { Database, Databases } from "./case";

/** The folder with PostgreSQL's programs. */
export function requirePostgres(): string {
  return (
    findPostgres() ??
    fail(
      "npm run bench also measures a real PostgreSQL, and there is none. Install it " +
        "(Debian: apt-get install postgresql), or add the folder of its initdb to PATH.",
    )
  );
}

/**
 * Starts PGlite and a PostgreSQL, each behind Neon's HTTP protocol, with Better Auth's tables. The
 * data of the PostgreSQL is deleted at the end.
 */
export async function startDatabases(binaries: string, atEnd: AtEnd): Promise<Databases> {
  const pglite = await startDatabase();
  atEnd(pglite.stop);
  const parent = path.join(root, ".data/bench");
  mkdirSync(parent, { recursive: true });
  const server = await startPlainPostgres(binaries, { parent });
  atEnd(server.close);
  const postgres = await openDatabase(server.url);
  atEnd(postgres.close);
  return { PGlite: pglite, PostgreSQL: postgres };
}

/** Opens an empty database behind Neon's HTTP protocol, and creates Better Auth's tables. */
export async function openDatabase(url: string): Promise<Database & { close(): Promise<void> }> {
  const endpoint = await startNeonEndpoint({ databaseUrl: url });
  const env = { DATABASE_URL: url, NEON_ENDPOINT: endpoint.url };
  await migrate(parseEnv(testEnv(env)));
  return { url, env, close: endpoint.close };
}
