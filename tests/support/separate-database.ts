import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseEnv } from "../../lib/env";
import { migrate } from "../../scripts/lib/migrate";
import { freePort } from "../../scripts/lib/ports";
import { type RunningProcess, startProcess } from "../../scripts/lib/process";
import { type Database, testEnv } from "./stack";

export interface SeparateDatabase extends Database {
  readonly pid: number;
  /** Ends it with SIGKILL, as in a power failure. */
  kill(): Promise<void>;
  /** Starts it again at the same address, with the same data. */
  restart(): Promise<void>;
}

/** The database of `startDatabase` in a separate process, which can be killed or paused. */
export async function startSeparateDatabase(): Promise<SeparateDatabase> {
  const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-database-"));
  const port = await freePort();
  let child = await start(folder, port);
  await migrate(parseEnv(testEnv(child.env)));
  return {
    /**
     * The address of the running Postgres. Its port changes with a restart; the port of the
     * endpoint does not.
     */
    get url() {
      return child.env.DATABASE_URL;
    },
    env: child.env,
    get pid() {
      return child.pid;
    },
    async kill() {
      process.kill(-child.pid, "SIGKILL");
      await child.exited;
    },
    async restart() {
      child = await start(folder, port);
    },
    async stop() {
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function start(folder: string, port: number) {
  const log = path.join(folder, "database.log");
  const child: RunningProcess = await startProcess({
    name: "database",
    command: process.execPath,
    args: ["--import", "tsx", "tests/support/database-process.ts", path.join(folder, "data"), String(port)],
    logDir: folder,
    ready: async (signal) => {
      while (!readAddresses(log)) await sleep(50, undefined, { signal });
    },
  });
  return { ...child, env: readAddresses(log) as { DATABASE_URL: string; NEON_ENDPOINT: string } };
}

function readAddresses(log: string): Record<string, string> | undefined {
  const line = readFileSync(log, "utf8")
    .split("\n")
    .find((text) => text.startsWith("{"));
  return line ? JSON.parse(line) : undefined;
}
