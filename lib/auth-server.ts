import { neonConfig } from "@neondatabase/serverless";
import { WebSocket } from "ws";
import { createAuth } from "./auth";
import { createDatabase } from "./db";
import { loadEnv } from "./env";
import { createMinter } from "./mint";
import { scrubTokens } from "./scrub-tokens";
import { TOKEN_PATH, tokenEndpoint } from "./token-endpoint";

// Node 20 has no WebSocket of its own; transactions need one.
neonConfig.webSocketConstructor = WebSocket;

const env = loadEnv();

/** Signs tokens for calls that start on the server. */
export const mintToken = createMinter(env.jwt, () => crypto.randomUUID());

/** Better Auth as Node serves it. */
export const auth = createAuth(
  env,
  createDatabase(env),
  env.tokenEndpoint ? [tokenEndpoint(mintToken, Date.now)] : [],
);

/** Answers `/api/auth/*`. No answer but that of the token endpoint holds a token. */
export async function handleAuth(request: Request): Promise<Response> {
  const response = await auth.handler(request);
  return new URL(request.url).pathname === TOKEN_PATH ? response : scrubTokens(response);
}
