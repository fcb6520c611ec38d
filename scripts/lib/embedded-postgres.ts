import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { releaseLock, takeLock } from "./lock";
import { servePglite } from "./pglite-server";
import { LOOPBACK, listen } from "./ports";
import { shorten } from "./root";
import { fail, messageOf } from "./user-error";

export interface EmbeddedPostgres {
  /** A connection string for any Postgres client. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts Postgres inside this process, on a free port of loopback. Without `dataDir` it lives in memory.
 * @throws {UserError} when another process holds the data, or they cannot be opened
 */
export async function startEmbeddedPostgres({ dataDir }: { dataDir?: string } = {}): Promise<EmbeddedPostgres> {
  const server = createServer();
  const sockets = collectSockets(server);
  const port = await listen(server);
  const lockFile = dataDir && `${dataDir}.lock`;
  if (dataDir && lockFile) await lock(dataDir, lockFile, port).catch((error) => closing(server, error));

  const db = await (dataDir ? openDirectory(dataDir) : PGlite.create()).catch((error) => closing(server, error));
  await servePglite(db, server);
  return {
    url: `postgresql://postgres:postgres@${LOOPBACK}:${port}/postgres`,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await db.close();
      if (lockFile) releaseLock(lockFile);
    },
  };
}
