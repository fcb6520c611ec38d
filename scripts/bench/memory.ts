import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** The resident memory of all processes of a process group, in bytes. */
export function residentBytes(group: number): number {
  let kilobytes = 0;
  for (const [pgid, rss] of existsSync("/proc/self/status") ? fromProc() : fromPs()) {
    if (pgid === group) kilobytes += rss;
  }
  return kilobytes * 1024;
}

/**
 * Process group and resident kilobytes of each process. Read from /proc, because slim Linux images
 * have no `ps`.
 */
function* fromProc(): Generator<[number, number]> {
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      // proc_pid_stat(5): after the name in parentheses come the state, the parent and the group.
      const group = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[2];
      const rss = readFileSync(`/proc/${pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/)?.[1];
      yield [Number(group), Number(rss ?? 0)];
    } catch {
      // The process has ended since the folder was read.
    }
  }
}

function* fromPs(): Generator<[number, number]> {
  for (const line of execFileSync("ps", ["-A", "-o", "pgid=,rss="], { encoding: "utf8" })
    .trim()
    .split("\n")) {
    const [group = 0, rss = 0] = line.trim().split(/\s+/).map(Number);
    yield [group, rss];
  }
}
