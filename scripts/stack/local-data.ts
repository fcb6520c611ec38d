import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { acceptsConnections } from "../lib/ports";
import { root } from "../lib/root";
import { fail } from "../lib/user-error";
import { lockDatabase } from "./embedded-postgres";
import { readRunningStack } from "./running-stack";

/** The folder with the data of `npm run up`. */
export const DATA = path.join(root, ".data");

/** The folder of the embedded Postgres, and the files of the reference FastAPI. */
export const PARTS = ["postgres", "tasks.sqlite", "tasks.sqlite-wal", "tasks.sqlite-shm"] as const;

/** The name of the list of files inside of a backup. */
export const MANIFEST = "gatehouse-backup.json";

/** What a backup contains. */
export interface Manifest {
  /** The version of this format. */
  readonly format: 1;
  readonly createdAt: string;
  /** The major version of Postgres that wrote the data. Undefined if there is no database. */
  readonly postgres: string | undefined;
  /** The SHA-256 of each file, by its path. */
  readonly files: Readonly<Record<string, string>>;
}

/** The parts that exist in a folder. */
export function partsIn(folder: string): string[] {
  return PARTS.filter((part) => existsSync(path.join(folder, part)));
}

/** The SHA-256 of each file of the parts. */
export function hashParts(folder: string): Record<string, string> {
  const files = partsIn(folder).flatMap((part) => listFiles(folder, part));
  return Object.fromEntries(files.map((file) => [file, hashFile(path.join(folder, file))]));
}

/** The major version of the Postgres whose data is in a folder. */
export function readPostgresVersion(folder: string): string | undefined {
  const file = path.join(folder, "postgres/PG_VERSION");
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

/**
 * Makes sure that nothing uses the data. Returns the function that lets `npm run up` start again.
 * @throws {UserError} when the stack runs
 */
export async function lockData(): Promise<() => void> {
  const { BETTER_AUTH_URL } = readRunningStack();
  const running = BETTER_AUTH_URL ? new URL(BETTER_AUTH_URL) : undefined;
  // A crash leaves the file behind, so its address counts only if a server listens there.
  if (running && (await acceptsConnections("127.0.0.1", Number(running.port || 80)))) {
    fail(`The stack runs at ${running.origin}. Stop it first: Ctrl-C in its terminal.`);
  }
  return lockDatabase(path.join(DATA, "postgres"));
}

function listFiles(folder: string, part: string): string[] {
  if (statSync(path.join(folder, part)).isFile()) return [part];
  const entries = readdirSync(path.join(folder, part), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}

function hashFile(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
