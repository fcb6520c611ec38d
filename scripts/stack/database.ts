import path from "node:path";
import type { AtEnd } from "../lib/main";
import { root } from "../lib/root";
import { startEmbeddedPostgres } from "./embedded-postgres";
import { startNeonEndpoint } from "./neon-endpoint";

/** The variables by which the app finds its database. */
export interface DatabaseSettings {
  DATABASE_URL: string;
  /** Needed for every database that is not hosted by Neon. */
  NEON_ENDPOINT?: string;
}

/** Starts the embedded database of `npm run up`, which keeps its data in `.data/postgres`. */
export async function startOwnDatabase(atEnd: AtEnd): Promise<DatabaseSettings> {
  const postgres = await startEmbeddedPostgres({ dataDir: path.join(root, ".data/postgres") });
  atEnd(postgres.close);
  return openDatabase(postgres.url, atEnd);
}

/**
 * Connects directly to Neon. For any other Postgres, starts a local endpoint that speaks Neon's
 * protocols.
 */
export async function openDatabase(databaseUrl: string, atEnd: AtEnd): Promise<DatabaseSettings> {
  if (new URL(databaseUrl).hostname.endsWith(".neon.tech")) return { DATABASE_URL: databaseUrl };
  const endpoint = await startNeonEndpoint({ databaseUrl });
  atEnd(endpoint.close);
  return { DATABASE_URL: databaseUrl, NEON_ENDPOINT: endpoint.url };
}
