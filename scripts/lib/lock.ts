import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { isAnswering, LOOPBACK } from "./ports";

/** The process that holds a lock, and the port it listens on for as long as it does. */
export interface Holder {
  pid: number;
  port: number;
}

/**
 * Takes a lock file in the name of this process, or gives the process that holds it. A file whose process is
 * gone is no lock; process ids come round again, so the port has to answer as well.
 */
export async function takeLock(file: string, port: number): Promise<Holder | undefined> {
  const mine: Holder = { pid: process.pid, port };
  for (;;) {
    try {
      writeFileSync(file, JSON.stringify(mine), { flag: "wx" });
      process.on("exit", () => releaseLock(file));
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = readHolder(file);
    if (holder && isAlive(holder.pid) && (await isAnswering(LOOPBACK, holder.port))) return holder;
    rmSync(file, { force: true });
  }
}

export function releaseLock(file: string): void {
  if (readHolder(file)?.pid === process.pid) rmSync(file, { force: true });
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // Gone by now, or cut short by a crash.
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, as another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
