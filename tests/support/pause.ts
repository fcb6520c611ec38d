import { readdirSync, readFileSync } from "node:fs";

/** Whether this machine can tell which processes belong together. */
export const canPause = process.platform === "linux";

/** Stops a process and all that it started in their tracks, as a machine that hangs would: nothing is closed. */
export function pause(pid: number): () => void {
  const tree = treeOf(pid);
  for (const member of tree) process.kill(member, "SIGSTOP");
  return () => {
    for (const member of tree) process.kill(member, "SIGCONT");
  };
}

function treeOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      // proc(5): the name in parentheses may hold anything; after it come the state and the parent.
      const [, parent] = readFileSync(`/proc/${entry}/stat`, "utf8").split(") ").pop()?.split(" ") ?? [];
      parents.set(Number(entry), Number(parent));
    } catch {
      // It has just ended.
    }
  }
  const children = [...parents].filter(([, parent]) => parent === pid).map(([child]) => child);
  return [pid, ...children.flatMap(treeOf)];
}
