import { statSync } from "node:fs";
import path from "node:path";
import { runProcess } from "./process";
import { root } from "./root";

const FOLDER = path.join(root, "scripts/tools");

/**
 * Installs the build tools that are separate from the app
 * (docs/decisions/008-packages-of-the-tools.md), unless the versions of the lock file are
 * installed.
 * @throws {UserError}
 */
export function ensureTools(): Promise<void> {
  return ensureInstalled(FOLDER, "npm-tools");
}

/**
 * Installs the packages of a folder with its own lock file, unless the lock file has not changed
 * since. `name` is the name of npm's log.
 * @throws {UserError} with the end of npm's log
 */
export async function ensureInstalled(folder: string, name: string): Promise<void> {
  const installed = modified(folder, "node_modules/.package-lock.json");
  if (installed !== undefined && installed >= (modified(folder, "package-lock.json") ?? 0)) return;
  await runProcess({ name, command: "npm", args: ["ci"], cwd: folder });
}

/** The path of a command of the build tools. */
export function tool(name: string): string {
  return path.join(FOLDER, "node_modules/.bin", name);
}

function modified(folder: string, file: string): number | undefined {
  return statSync(path.join(folder, file), { throwIfNoEntry: false })?.mtimeMs;
}
