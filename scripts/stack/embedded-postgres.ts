import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { releaseLock, takeLock } from "../lib/lock-file";
import { LOOPBACK, listen } from "../lib/ports";
import { shorten } from "../lib/root";
import { fail, messageOf } from "../lib/user-error";
import { servePglite } from "./pglite-server";

export interface EmbeddedPostgres {
  /** A connection string for any Postgres client. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts Postgres inside this process, on a free port of loopback. Without `dataDir` its data is in
 * memory, and begins as a copy of `data` (a dump of PGlite) if there is one.
 * @throws {UserError} when another process uses the data, or the data cannot be opened
 */
export async function startEmbeddedPostgres(
  options: { dataDir?: string; data?: Blob } = {},
): Promise<EmbeddedPostgres> {
  const { dataDir, data } = options;
  const server = createServer();
  const sockets = trackSockets(server);
  const port = await listen(server);
  const release = dataDir ? await lock(dataDir, port) : () => {};
  try {
    const db = await (dataDir ? openDirectory(dataDir) : PGlite.create({ loadDataDir: data }));
    await servePglite(db, server);
    return {
      url: `postgresql://postgres:postgres@${LOOPBACK}:${port}/postgres`,
      async close() {
        server.close();
        for (const socket of sockets) socket.destroy();
        await db.close();
        release();
      },
    };
  } catch (error) {
    server.close();
    release();
    throw error;
  }
}

/**
 * Keeps other processes from starting a database on these files. Returns the function that ends this.
 * @throws {UserError} when a process uses the data
 */
export async function lockDatabase(dataDir: string): Promise<() => void> {
  const server = createServer();
  const port = await listen(server);
  try {
    const release = await lock(dataDir, port);
    return () => {
      release();
      server.close();
    };
  } catch (error) {
    server.close();
    throw error;
  }
}

/** Two processes that write the same files would destroy them. */
async function lock(dataDir: string, port: number): Promise<() => void> {
  mkdirSync(path.dirname(dataDir), { recursive: true, mode: 0o700 });
  const file = `${dataDir}.lock`;
  const holder = await takeLock(file, port);
  if (holder) {
    fail(`The database in ${shorten(dataDir)} is in use by process ${holder.pid}. Stop that process first.`);
  }
  return () => releaseLock(file);
}

async function openDirectory(dataDir: string): Promise<PGlite> {
  try {
    if (!existsSync(dataDir)) await createDirectory(dataDir);
    return await PGlite.create(dataDir);
  } catch (error) {
    return fail(
      `The database in ${shorten(dataDir)} cannot be opened (${messageOf(error)}). ` +
        "To start with an empty database, move that folder away.",
    );
  }
}

/**
 * Create it under another name and rename it: a database whose creation was interrupted cannot be
 * opened.
 */
async function createDirectory(dataDir: string): Promise<void> {
  const draft = `${dataDir}.new`;
  rmSync(draft, { recursive: true, force: true });
  const db = await PGlite.create(draft);
  await db.close();
  renameSync(draft, dataDir);
}

function trackSockets(server: Server): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return sockets;
}
