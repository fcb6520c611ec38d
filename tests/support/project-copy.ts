import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { runProcess } from "../../scripts/lib/process";
import { root } from "../../scripts/lib/root";

/** Copies what git has or would take, without what `ignoreFile` names. It finds packages in the `node_modules` above it. */
export function copyProject(folder: string, ignoreFile?: string): void {
  const ignored = new Set(ignoreFile ? list("--ignored", `--exclude-from=${ignoreFile}`) : []);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of list("--exclude-standard")) {
    // npm's own stamp is compared with that of the lock file.
    const options = { preserveTimestamps: true };
    if (!ignored.has(name)) cpSync(path.join(root, name), path.join(folder, name), options);
  }
}

/** As `next build` does. @throws {UserError} with what the compiler says */
export async function checkTypes(folder: string): Promise<void> {
  // `next build` would write it, and more into it that no file of ours needs.
  writeFileSync(path.join(folder, "next-env.d.ts"), '/// <reference types="next" />\n');
  const compiler = path.join(root, "node_modules/.bin/tsc");
  const args = ["--noEmit", "--incremental", "false"];
  await runProcess({ name: "tsc", command: compiler, args, cwd: folder, logDir: folder });
}

function list(...options: string[]): string[] {
  const args = ["ls-files", "-z", "--cached", "--others", ...options];
  // `.data` can hold the files of several Pythons. Bytes.
  const maxBuffer = 256 * 1024 * 1024;
  return execFileSync("git", args, { cwd: root, maxBuffer }).toString().split("\0").filter(Boolean);
}
