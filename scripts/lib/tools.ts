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
export async function ensureTools(): Promise<void> {
  const installed = modified("node_modules/.package-lock.json");
  if (installed !== undefined && installed >= (modified("package-lock.json") ?? 0)) return;
  await runProcess({ name: "npm-tools", command: "npm", args: ["ci"], cwd: FOLDER });
}

/** The path of one of their commands. */
export function tool(name: string): string {
  return path.join(FOLDER, "node_modules/.bin", name);
}

function modified(file: string): number | undefined {
  return statSync(path.join(FOLDER, file), { throwIfNoEntry: false })?.mtimeMs;
}
