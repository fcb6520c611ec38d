import { randomBytes } from "node:crypto";
import { type Env, EnvError, parseEnv } from "../../lib/env";
import { routes } from "../../lib/routes";
import type { Environment } from "../lib/process";
import { fail } from "../lib/user-error";

/**
 * Parses the configuration as the app will.
 * @throws {UserError} with one line for each invalid variable
 */
export function checkEnv(source: Environment): Env {
  try {
    return parseEnv(source);
  } catch (error) {
    if (error instanceof EnvError) fail(error.message);
    throw error;
  }
}

/** Defaults for a task that does not need every variable. They are valid and point nowhere. */
export function throwAwayEnv(): Record<string, string> {
  return {
    BETTER_AUTH_URL: "http://localhost:3000",
    BETTER_AUTH_SECRET: randomBytes(32).toString("base64url"),
    JWT_SECRET_KEY: randomBytes(32).toString("base64url"),
    DATABASE_URL: "postgresql://nobody:nothing@nowhere.neon.tech/nowhere",
    ...Object.fromEntries(routes.backends.map(({ address }) => [address, "http://localhost:8000"])),
  };
}
