import "server-only";
import { loadEnv } from "../../env";
import { log } from "../../log/console-log";
import { type RequestTrace, readTrace } from "../../log/request-trace";
import { type ProblemCode, problemResponse, problems } from "../../problem";
import { apiLogFields } from "../api-log-fields";
import { callBetterAuth } from "./call-better-auth";
import { logRefusal } from "./log-refusal";
import { showAsPage } from "./pages";
import { createRequestGuard } from "./request-guard";
import { setResponseHeaders } from "./response-headers";
import { scrubTokens } from "./scrub-tokens";
import { TOKEN_PATH } from "./token-endpoint";

const env = loadEnv();
const checkRequest = createRequestGuard(env);

/** Serves `/api/auth/*`. Every response passes through here, including refusals and failures. */
export async function handleAuth(request: Request): Promise<Response> {
  const trace = readTrace(request.headers);
  const response = await showAsPage(request, await respond(request, trace), trace.requestId);
  setResponseHeaders(response.headers, request.headers, env.appOrigin);
  return response;
}

async function respond(request: Request, trace: RequestTrace): Promise<Response> {
  const refusal = checkRequest(request);
  if (refusal) {
    const response = refuse(refusal.code, trace);
    if (refusal.allow) response.headers.set("allow", refusal.allow);
    return response;
  }
  const isToken = new URL(request.url).pathname === TOKEN_PATH;
  // Only browsers send Fetch Metadata. A page calls FastAPI through the gate and needs no token.
  if (isToken && request.headers.has("sec-fetch-site")) return refuseTokenToPage(trace);

  const result = await callBetterAuth(request);
  if (!(result instanceof Response)) return refuse(result.code, trace, result.error);
  await logRefusal(result, trace);
  // Only the response of the token endpoint contains a token.
  return isToken ? result : scrubTokens(result);
}

/** Writes one line to the log, and creates the response with problem details (RFC 9457). */
function refuse(code: ProblemCode, trace: RequestTrace, error?: string): Response {
  log({ ...apiLogFields(trace), code, status: problems[code].status, error });
  return problemResponse(code, trace.requestId);
}

function refuseTokenToPage(trace: RequestTrace): Response {
  const code = "token_not_for_pages";
  log({ ...apiLogFields(trace), code, status: 403 });
  return Response.json({ detail: "Pages call /backend/* and need no token.", code }, { status: 403 });
}
