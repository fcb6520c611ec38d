import { neonConfig } from "@neondatabase/serverless";
import { WebSocket } from "ws";
import { createAuth } from "./auth";
import { createDatabase } from "./db";
import { loadEnv } from "./env";
import { createMinter } from "./mint";
import { problemResponse } from "./problem";
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

/** Answers `/api/auth/*`. No answer but that of the token endpoint holds a token, and no browser gets that one. */
export async function handleAuth(request: Request): Promise<Response> {
  const isToken = new URL(request.url).pathname === TOKEN_PATH;
  // Fetch Metadata: browsers alone send it. A page has the gate, and needs no token.
  if (isToken && env.tokenEndpoint && request.headers.has("sec-fetch-site")) {
    return Response.json(
      { detail: "Pages call /backend/* and need no token.", code: "token_not_for_pages" },
      { status: 403 },
    );
  }
  const response = await answerOrFail(request);
  const answer = isToken ? response : await scrubTokens(response);
  // Every one of them is about one visitor, and many set a cookie.
  answer.headers.set("cache-control", "private, no-store");
  return answer;
}

/** Better Auth throws, or answers 500, where the database failed: that is a fault to try again after. */
async function answerOrFail(request: Request): Promise<Response> {
  const requestId = crypto.randomUUID();
  let failure: unknown;
  try {
    const response = await auth.handler(request);
    if (response.status !== 500) return response;
    failure = await response.text();
  } catch (error) {
    failure = error;
  }
  console.error(
    JSON.stringify({ code: "gate_session_store_unreachable", request_id: requestId, error: String(failure) }),
  );
  return problemResponse("gate_session_store_unreachable", requestId);
}
