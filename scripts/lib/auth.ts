import { neonConfig } from "@neondatabase/serverless";
import { WebSocket } from "ws";
import { type Auth, createAuth } from "../../lib/auth";
import { createDatabase } from "../../lib/db";
import type { Env } from "../../lib/env";

/** The app's own Better Auth, for scripts. */
export function openAuth(env: Env): Auth {
  // Node 20 has no WebSocket of its own; transactions need one.
  neonConfig.webSocketConstructor = WebSocket;
  return createAuth(env, createDatabase(env));
}
