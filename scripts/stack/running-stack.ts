import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { AtEnd } from "../lib/main";
import { root } from "../lib/root";

/**
 * The addresses of the running `npm run up`. The ports of its database and of FastAPI may differ
 * each time.
 */
const FILE = path.join(root, ".data/running.json");
const NAMES = ["BETTER_AUTH_URL", "BACKEND_URL", "DATABASE_URL", "NEON_ENDPOINT"];

/** Writes the addresses to a file, and deletes the file when the stack ends. */
export function writeRunningStack(env: Readonly<Record<string, string>>, atEnd: AtEnd): void {
  const addresses = Object.fromEntries(NAMES.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
  mkdirSync(path.dirname(FILE), { recursive: true });
  // The file may contain the password of a database: only the user may read it.
  writeFileSync(FILE, JSON.stringify(addresses), { mode: 0o600 });
  atEnd(async () => rmSync(FILE, { force: true }));
}

/** The addresses of the running stack. Empty if none runs. */
export function readRunningStack(): Record<string, string> {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : {};
}
