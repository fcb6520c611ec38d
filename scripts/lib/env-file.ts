import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";
import { root } from "./root";

/** Each gets a value of its own: FastAPI must not be able to forge sessions. */
const SECRETS = ["BETTER_AUTH_SECRET", "JWT_SECRET_KEY"];

const HEADER = "# Written by `npm run up`. See .env.example for what else can stand here.\n";

type Variables = Record<string, string>;

/** Adds the secrets that `.env.local` does not hold yet; what is there stays. Gives the names it added. */
export function writeSecrets(file = path.join(root, ".env.local")): string[] {
  const present = readEnvFile(file);
  const missing = SECRETS.filter((name) => !present[name]);
  if (missing.length === 0) return [];

  const begin = existsSync(file) ? lineEnd(file) : HEADER;
  const lines = missing.map((name) => `${name}=${randomBytes(32).toString("base64url")}\n`);
  appendFileSync(file, begin + lines.join(""), { mode: 0o600 });
  return missing;
}

/** The variables of `.env.local`, with the process's own over them. An empty variable counts as none. */
export function readSettings(file = path.join(root, ".env.local")): Variables {
  const settings = readEnvFile(file);
  for (const [name, value] of Object.entries(process.env)) if (value) settings[name] = value;
  return settings;
}

function readEnvFile(file: string): Variables {
  return existsSync(file) ? (parseEnv(readFileSync(file, "utf8")) as Variables) : {};
}

/** The last line of a file that was written by hand may lack its end. */
function lineEnd(file: string): string {
  const text = readFileSync(file, "utf8");
  return text === "" || text.endsWith("\n") ? "" : "\n";
}
