import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { root } from "./root";

/**
 * A hash of the names and contents of files and folders of the project. Skips those that do not
 * exist.
 */
export function fingerprint(names: string[]): string {
  const hash = createHash("sha256");
  for (const name of names.flatMap(filesBelow)) {
    hash
      .update(`${name}\0`)
      .update(readFileSync(path.join(root, name)))
      .update("\0");
  }
  return hash.digest("hex");
}

function filesBelow(name: string): string[] {
  const stat = statSync(path.join(root, name), { throwIfNoEntry: false });
  if (!stat) return [];
  if (stat.isFile()) return [name];
  return readdirSync(path.join(root, name))
    .sort()
    .flatMap((entry) => filesBelow(path.join(name, entry)));
}
