import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { acceptsConnections, LOOPBACK } from "./ports";

/** The process that holds a lock, and the port on which it listens meanwhile. */
export interface Holder {
  pid: number;
  port: number;
}

/**
 * Takes a lock file for this process. If another process holds the lock, returns that process.
 * The lock is valid only while its process runs. Process ids are reused, so its port must accept
 * connections too.
 */
export async function takeLock(file: string, port: number): Promise<Holder | undefined> {
  const own: Holder = { pid: process.pid, port };
  for (;;) {
    try {
      writeFileSync(file, JSON.stringify(own), { flag: "wx" });
      process.on("exit", () => releaseLock(file));
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = readHolder(file);
    if (holder && isAlive(holder.pid) && (await acceptsConnections(LOOPBACK, holder.port))) return holder;
    // Meanwhile another process may have replaced the lock by its own.
    if (readHolder(file)?.pid === holder?.pid) rmSync(file, { force: true });
  }
}

/** Deletes the lock file, if this process holds it. */
export function releaseLock(file: string): void {
  if (readHolder(file)?.pid === process.pid) rmSync(file, { force: true });
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // The file was just removed, or a crash cut it short.
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process runs, as another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
