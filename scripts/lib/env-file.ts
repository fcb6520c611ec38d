import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { EnvError } from "../../lib/env";
import { forgetEnvFiles, loadEnvFiles } from "../../lib/env-files";
import { root } from "./root";
import { fail } from "./user-error";

/** Each gets a value of its own: FastAPI must not be able to forge sessions. */
const SECRETS = ["BETTER_AUTH_SECRET", "JWT_SECRET_KEY"];

const HEADER = "# Written by `npm run up`. See .env.example for what else can stand here.\n";

type Variables = Record<string, string>;

interface Options {
  dir?: string;
  /** Reads the files that `next dev` reads, and not those of a build. */
  dev?: boolean;
}

/**
 * Adds to `.env.local` the secrets that neither it nor another file nor the environment holds. What is there stays.
 * Returns the names it added.
 * @throws {UserError}
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
 * The variables that the app runs on, as Next reads them: the process's own over those of `.env.local` and its
 * siblings. An empty variable counts as none.
 * @throws {UserError} when a file is not read as it is written
 */
export function readSettings(options: Options = {}): Variables {
  const { settings, problems } = inspectSettings(options);
  if (problems.length > 0) fail(new EnvError(problems).message);
  return settings;
}

/** As {@link readSettings}, with the problems of the files beside it. */
export function inspectSettings({ dir = root, dev = process.env.NODE_ENV === "development" }: Options = {}): {
  settings: Variables;
  problems: readonly string[];
} {
  const { variables, problems } = loadEnvFiles(dir, { dev, reload: true });
  const filled = Object.entries(variables).flatMap(([name, value]) => (value ? [[name, value]] : []));
  // What a script starts gets its variables from the script, and not all that the files hold.
  forgetEnvFiles();
  const { __NEXT_PROCESSED_ENV: _, ...settings } = Object.fromEntries(filled);
  return { settings, problems };
}

/** The last line of a file that was written by hand may lack its end. */
function lineEnd(file: string): string {
  const text = readFileSync(file, "utf8");
  return text === "" || text.endsWith("\n") ? "" : "\n";
}
