import { neonConfig } from "@neondatabase/serverless";
import { WebSocket } from "ws";
import { createDatabase } from "../../lib/auth/database";
import { type Auth, createAuth } from "../../lib/auth/options";
import type { Env } from "../../lib/env";

/** Better Auth as the app configures it, for scripts. */
export function openAuth(env: Env): Auth {
  // Node 20 has no global WebSocket, and the driver needs one for transactions.
  neonConfig.webSocketConstructor = WebSocket;
  return createAuth(env, createDatabase(env));
}
