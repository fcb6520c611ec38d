import path from "node:path";
import type { AtEnd } from "../lib/main";
import { root } from "../lib/root";
import { startEmbeddedPostgres } from "./embedded-postgres";
import { startNeonEndpoint } from "./neon-endpoint";

/** The variables by which the app finds its database. */
export interface DatabaseSettings {
  DATABASE_URL: string;
  NEON_ENDPOINT: string;
}

/**
 * Starts the embedded database of `npm run up`, which keeps its data in `.data/postgres`, behind an
 * endpoint that speaks Neon's protocols: so development uses the database as a deployment with Neon.
 */
export async function startOwnDatabase(atEnd: AtEnd): Promise<DatabaseSettings> {
  const postgres = await startEmbeddedPostgres({ dataDir: path.join(root, ".data/postgres") });
  atEnd(postgres.close);
  const endpoint = await startNeonEndpoint({ databaseUrl: postgres.url });
  atEnd(endpoint.close);
  return { DATABASE_URL: postgres.url, NEON_ENDPOINT: endpoint.url };
}
