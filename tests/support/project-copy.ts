import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { runProcess } from "../../scripts/lib/process";
import { root } from "../../scripts/lib/root";

/**
 * Copies the files that git tracks or would add, except those that `ignoreFile` excludes. The copy
 * uses the `node_modules` of a folder above it.
 */
export function copyProject(folder: string, ignoreFile?: string): void {
  const ignored = new Set(ignoreFile ? list("--ignored", `--exclude-from=${ignoreFile}`) : []);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of list("--exclude-standard")) {
    // A file's time matters: npm's stamp is compared with the time of the lock file.
    const options = { preserveTimestamps: true };
    if (!ignored.has(name)) cpSync(path.join(root, name), path.join(folder, name), options);
  }
}

/**
 * Checks types as `next build` does.
 * @throws {UserError} with the output of the compiler
 */
export async function checkTypes(folder: string): Promise<void> {
  // `next build` would write this file, with more lines that none of our files needs.
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
