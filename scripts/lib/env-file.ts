import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { EnvError } from "../../lib/env";
import { loadEnvFiles, restoreEnv } from "../../lib/env-files";
import { root } from "./root";
import { fail } from "./user-error";

/** Each secret has its own value: with the same value FastAPI could forge sessions. */
const SECRETS = ["BETTER_AUTH_SECRET", "JWT_SECRET_KEY"];

const HEADER = "# Written by `npm run up`. See .env.example for the other variables.\n";

type Variables = Record<string, string>;

interface Options {
  dir?: string;
  /** Reads the files that `next dev` reads, and not those of a build. */
  dev?: boolean;
}

/**
 * Adds to `.env.local` each secret that is missing in the files and in the environment. Changes
 * nothing else. Returns the names that it added.
 * @throws {UserError} when a value in a file is read differently from how it is written
 */
export function writeSecrets({ dir = root, dev }: Options = {}): string[] {
  const settings = readSettings({ dir, dev });
  const missing = SECRETS.filter((name) => !settings[name] && process.env[name] === undefined);
  if (missing.length === 0) return [];

  const file = path.join(dir, ".env.local");
  const begin = existsSync(file) ? lineEnd(file) : HEADER;
  const lines = missing.map((name) => `${name}=${randomBytes(32).toString("base64url")}\n`);
  appendFileSync(file, begin + lines.join(""), { mode: 0o600 });
  return missing;
}

/**
 * Reads the app's variables as Next does: those of the process first, then `.env.local` and the
 * other .env files. An empty variable counts as missing.
 * @throws {UserError} when a value in a file is read differently from how it is written
 */
export function readSettings(options: Options = {}): Variables {
  const { settings, problems } = inspectSettings(options);
  if (problems.length > 0) fail(new EnvError(problems).message);
  return settings;
}

/** Like {@link readSettings}, but returns the problems of the files instead of throwing. */
export function inspectSettings({ dir = root, dev = process.env.NODE_ENV === "development" }: Options = {}): {
  settings: Variables;
  problems: readonly string[];
} {
  const { variables, problems } = loadEnvFiles(dir, { dev, reload: true });
  const filled = Object.entries(variables).flatMap(([name, value]) => (value ? [[name, value]] : []));
  // Restore `process.env`: a child process gets its variables from the script, not every value in
  // the files.
  restoreEnv();
  const { __NEXT_PROCESSED_ENV: _, ...settings } = Object.fromEntries(filled);
  return { settings, problems };
}

/** A file that was edited by hand may not end with a newline. */
function lineEnd(file: string): string {
  const text = readFileSync(file, "utf8");
  return text === "" || text.endsWith("\n") ? "" : "\n";
}
