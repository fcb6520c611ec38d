import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { parseEnv } from "../../lib/env";
import { fingerprint } from "../lib/fingerprint";
import { root } from "../lib/root";
import { throwAwayEnv } from "./app-env";
import { startEmbeddedPostgres } from "./embedded-postgres";
import { migrate } from "./migrate";
import { startNeonEndpoint } from "./neon-endpoint";

const DUMPS = path.join(root, ".data/test-databases");

/**
 * A dump of a database with Better Auth's tables. To create and migrate a database takes three
 * seconds, to copy this dump half a second. So it is made once for each version of the sources.
 */
export async function migratedData(): Promise<Blob> {
  const sources = fingerprint(["lib", "scripts/stack", "package-lock.json"]);
  const dump = path.join(DUMPS, `${sources.slice(0, 16)}.tar`);
  if (!existsSync(dump)) await makeDump(dump);
  return new Blob([readFileSync(dump)]);
}

async function makeDump(dump: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-"));
  const dataDir = path.join(folder, "data");
  const postgres = await startEmbeddedPostgres({ dataDir });
  const endpoint = await startNeonEndpoint({ databaseUrl: postgres.url });
  const settings = { DATABASE_URL: postgres.url, NEON_ENDPOINT: endpoint.url };
  await migrate(parseEnv({ ...throwAwayEnv(), ...settings }));
  await endpoint.close();
  await postgres.close();

  const db = await PGlite.create(dataDir);
  const contents = await db.dumpDataDir("none");
  await db.close();
  rmSync(folder, { recursive: true });

  // Dumps of older sources are of no use.
  rmSync(DUMPS, { recursive: true, force: true });
  mkdirSync(DUMPS, { recursive: true });
  // Renamed when it is complete, because another process may look for it now.
  writeFileSync(`${dump}.new`, Buffer.from(await contents.arrayBuffer()));
  renameSync(`${dump}.new`, dump);
}
