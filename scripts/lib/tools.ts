import { statSync } from "node:fs";
import path from "node:path";
import { runProcess } from "./process";
import { root } from "./root";

const FOLDER = path.join(root, "scripts/tools");

/**
 * Installs the build tools that live apart from the app (docs/decisions/008-tools-apart.md), when they are not
 * there yet as the lock file has them now.
 * @throws {UserError}
 */
export function ensureTools(): Promise<void> {
  return ensureInstalled(FOLDER, "npm-tools");
}

/**
 * Installs the packages of a folder with a lock file of its own, unless they are installed as it names them now.
 * @throws {UserError} with the end of npm's log, which has this name
 */
export async function ensureInstalled(folder: string, name: string): Promise<void> {
  const installed = modified(folder, "node_modules/.package-lock.json");
  if (installed !== undefined && installed >= (modified(folder, "package-lock.json") ?? 0)) return;
  await runProcess({ name, command: "npm", args: ["ci"], cwd: folder });
}

/** The path of one of their commands. */
export function tool(name: string): string {
  return path.join(FOLDER, "node_modules/.bin", name);
}

function modified(folder: string, file: string): number | undefined {
  return statSync(path.join(folder, file), { throwIfNoEntry: false })?.mtimeMs;
}
