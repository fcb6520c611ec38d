import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { freePort } from "../../scripts/lib/ports";
import { startProcess } from "../../scripts/lib/process";

const DEBIAN = "/usr/lib/postgresql";

/** The folder with `initdb` and `postgres`. Undefined if Postgres is not installed. */
export function findPostgres(): string | undefined {
  const debian = existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => `${DEBIAN}/${version}/bin`) : [];
  const folders = [...(process.env.PATH ?? "").split(":"), ...debian];
  return folders.find((folder) => existsSync(path.join(folder, "initdb")));
}

/** Starts an empty Postgres with default settings on a free port. */
export async function startPlainPostgres(binaries: string): Promise<{ url: string; close(): Promise<void> }> {
  const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-postgres-"));
  const data = path.join(folder, "data");
  // Postgres refuses to run as root.
  const asUser = process.getuid?.() === 0 ? ["runuser", "-u", "postgres", "--"] : [];
  if (asUser.length > 0) execFileSync("chown", ["postgres", folder]);
  const [command = "", ...prefix] = [...asUser, path.join(binaries, "initdb")];
  execFileSync(command, [...prefix, "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"], {
    cwd: folder,
  });

  const port = await freePort();
  const url = `postgresql://postgres:postgres@127.0.0.1:${port}/postgres`;
  const [program = "", ...args] = [...asUser, path.join(binaries, "postgres")];
  const server = await startProcess({
    name: "postgres",
    command: program,
    args: [...args, "-D", data, "-p", String(port), "-c", "listen_addresses=127.0.0.1", "-k", ""],
    cwd: folder,
    logDir: folder,
    ready: (signal) => untilConnects(url, signal),
  });
  return {
    url,
    async close() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilConnects(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const client = new Client(url);
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
