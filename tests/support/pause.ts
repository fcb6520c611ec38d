import { readdirSync, readFileSync } from "node:fs";

/** Whether the child processes of a process can be found on this machine. */
export const canPause = process.platform === "linux";

/**
 * Pauses a process and all its children. As with a machine that hangs, their connections stay open.
 * Returns a function that resumes them.
 */
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
      // proc(5): the name in parentheses may contain any character. The state and the parent follow
      // it.
      const [, parent] = readFileSync(`/proc/${entry}/stat`, "utf8").split(") ").pop()?.split(" ") ?? [];
      parents.set(Number(entry), Number(parent));
    } catch {
      // The process has ended since the folder was read.
    }
  }
  const children = [...parents].filter(([, parent]) => parent === pid).map(([child]) => child);
  return [pid, ...children.flatMap(treeOf)];
}
