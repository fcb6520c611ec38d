import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import declared from "../node-versions/package.json" with { type: "json" };
import { root } from "./root";
import { ensureInstalled } from "./tools";
import { fail } from "./user-error";

/**
 * The Node versions that the app supports, and their binaries for the tests
 * (docs/decisions/016-node-versions.md).
 */

const FOLDER = path.join(root, "scripts/node-versions");

/** Major versions, from `engines` of package.json. */
export const nodeVersions: readonly number[] = packageJson.engines.node
  .split("||")
  .map((range) => Number(range.match(/\d+/)?.[0]));

/** The major version on Vercel: the newest one in `engines` that Vercel offers. */
export const VERCEL_NODE = 24;

/** A Node binary for the tests, or the reason why there is none for this system. */
export type NodeBinary = { readonly file: string } | { readonly missing: string };

/** The running Node if it has this major version, otherwise the installed package. */
export function findNode(major: number): NodeBinary {
  if (process.versions.node.startsWith(`${major}.`)) return { file: process.execPath };
  const name = `node-${major}-${process.platform}-${process.arch}`;
  if (!(name in declared.optionalDependencies) || isMusl()) {
    const system = `${process.platform} ${process.arch}${isMusl() ? " with musl" : ""}`;
    return { missing: `npm has no package of Node ${major} for ${system}` };
  }
  return { file: path.join(FOLDER, "node_modules", name, "bin/node") };
}

/**
 * Installs the binaries of the other versions, unless they are installed.
 * @throws {UserError} when a package for this system cannot be installed, or its binary is missing
 */
export async function ensureNodeVersions(): Promise<void> {
  const wanted = nodeVersions.map(findNode).flatMap((node) => ("file" in node ? [node.file] : []));
  if (wanted.every((file) => file === process.execPath)) return;
  await ensureInstalled(FOLDER, "npm-node-versions");
  // npm reports no error when it cannot download an optional package.
  const absent = wanted.filter((file) => !existsSync(file));
  if (absent.length > 0) {
    rmSync(path.join(FOLDER, "node_modules"), { recursive: true, force: true });
    fail(`These Node binaries were not installed: ${absent.join(", ")}. Check the network and run it again.`);
  }
}

/** The packages contain binaries for glibc only; they do not run with musl. */
function isMusl(): boolean {
  if (process.platform !== "linux") return false;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined;
}
