import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { root } from "../../scripts/lib/root";

/**
 * Unpacks a Debian package below `.data/debian`, unless that was done before. Returns the folder
 * that corresponds to "/".
 * The package is not installed: an installed server would start by itself, and would keep running
 * after the tests.
 * @throws when there is no apt-get, or no such package
 */
export function unpackDebian(name: string): string {
  const folder = path.join(root, ".data/debian", name);
  const files = path.join(folder, "files");
  if (existsSync(files)) return files;
  mkdirSync(folder, { recursive: true });
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd: folder, stdio: "pipe" });
  try {
    run("apt-get", "download", name);
  } catch {
    // The package lists are missing or out of date.
    run("apt-get", "update");
    run("apt-get", "download", name);
  }
  const archive = readdirSync(folder).find((file) => file.endsWith(".deb")) ?? "";
  run("dpkg-deb", "-x", archive, `${files}.new`);
  run("mv", `${files}.new`, files);
  return files;
}
