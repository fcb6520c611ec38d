import { randomBytes } from "node:crypto";
import { type Env, EnvError, parseEnv } from "../../lib/env";
import type { Environment } from "./process";
import { fail } from "./user-error";

/**
 * The configuration as the app will read it.
 * @throws {UserError} one line for each variable that is unfit
 */
export function checkEnv(source: Environment): Env {
  try {
    return parseEnv(source);
  } catch (error) {
    if (error instanceof EnvError) fail(error.message);
    throw error;
  }
}

/** Values to be put under the real ones where some are not needed: they pass the check and lead nowhere. */
export function throwAwayEnv(): Record<string, string> {
  return {
    BETTER_AUTH_URL: "http://localhost:3000",
    BETTER_AUTH_SECRET: randomBytes(32).toString("base64url"),
    JWT_SECRET_KEY: randomBytes(32).toString("base64url"),
    DATABASE_URL: "postgresql://nobody:nothing@localhost/nowhere",
    BACKEND_URL: "http://localhost:8000",
  };
}
