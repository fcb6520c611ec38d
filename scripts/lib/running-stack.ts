import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { AtEnd } from "./main";
import { root } from "./root";

/** Where the parts of `npm run up` are found: its database and FastAPI take what ports they get. */
const FILE = path.join(root, ".data/running.json");
const NAMES = ["BETTER_AUTH_URL", "BACKEND_URL", "DATABASE_URL", "NEON_ENDPOINT"];

/** Writes the addresses down for as long as the stack runs. */
export function noteRunningStack(env: Readonly<Record<string, string>>, atEnd: AtEnd): void {
  const addresses = Object.fromEntries(NAMES.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
  mkdirSync(path.dirname(FILE), { recursive: true });
  // A database of one's own has its password in the address.
  writeFileSync(FILE, JSON.stringify(addresses), { mode: 0o600 });
  atEnd(async () => rmSync(FILE, { force: true }));
}

/** The addresses of the stack that runs; none when none does. */
export function readRunningStack(): Record<string, string> {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : {};
}
