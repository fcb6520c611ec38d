import type { Env } from "../../lib/env";
import { type Auth, createAuth } from "../../lib/server/auth/create-auth";
import { createDatabase } from "../../lib/server/auth/database";

/** Better Auth as the app configures it, for scripts. */
export function openAuth(env: Env): Auth {
  return createAuth(env, createDatabase(env));
}
