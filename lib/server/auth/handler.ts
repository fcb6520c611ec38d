import "server-only";
import { createSignedCookies } from "../../auth/signed-cookies";
import { loadEnv } from "../../env";
import { log } from "../../log/console-log";
import { type RequestTrace, readTrace } from "../../log/request-trace";
import { organizations } from "../../organizations";
import { type ProblemCode, problemResponse, problems } from "../../problem";
import { openKeyRing } from "../../token/key-ring";
import { apiLogFields } from "../api-log-fields";
import { callBetterAuth } from "./call-better-auth";
import { formToJson, signAccessToken } from "./device-requests";
import { logRefusal } from "./log-refusal";
import { limitProxyRedirect } from "./oauth-proxy";
import { refusal } from "./outcome";
import { showAsPage } from "./pages";
import { createRequestGuard, isForPrograms } from "./request-guard";
import { setResponseHeaders } from "./response-headers";
import { scrubTokens } from "./scrub-tokens";

const env = loadEnv();
const checkRequest = createRequestGuard(env, organizations);
const { sign } = createSignedCookies(openKeyRing(env.authSecrets));

/** The endpoints of the device sign-in that programs call are below it. */
const DEVICE_PATH = "/api/auth/device/";

const INVALID_FORM = {
  code: "INVALID_VALUE",
  message: "The form cannot be read, or a parameter is repeated.",
};

/** Serves `/api/auth/*`. Every response passes through here, including refusals and failures. */
export async function handleAuth(request: Request): Promise<Response> {
  const trace = readTrace(request.headers);
  const response = await showAsPage(request, await respond(request, trace), trace.requestId);
  setResponseHeaders(response.headers, request.headers, env.appOrigin);
  return response;
}

async function respond(request: Request, trace: RequestTrace): Promise<Response> {
  const refused = checkRequest(request);
  if (refused) {
    const response = refuse(refused.code, trace);
    if (refused.allow) response.headers.set("allow", refused.allow);
    return response;
  }
  const { pathname } = new URL(request.url);
  if (!isForPrograms(pathname)) return scrubTokens(await call(request, trace));
  // Only browsers send Fetch Metadata. A page calls FastAPI through the gate and needs no token.
  if (request.headers.has("sec-fetch-site")) return refuseTokenToPage(trace);
  const isDevice = pathname.startsWith(DEVICE_PATH);
  const asJson = isDevice ? await formToJson(request) : request;
  if (asJson === "too-large") return refuse("gate_body_too_large", trace);
  if (asJson === "invalid") return refusal(400, INVALID_FORM);
  const response = await call(asJson, trace);
  return pathname === `${DEVICE_PATH}token` ? signAccessToken(response, sign) : response;
}

async function call(request: Request, trace: RequestTrace): Promise<Response> {
  const result = await callBetterAuth(request);
  if (!(result instanceof Response)) return refuse(result.code, trace, result.error);
  const response = isCallback(request) ? await limitProxyRedirect(result, env) : result;
  await logRefusal(response, trace);
  return response;
}

/** Whether another site has sent the browser back with this request. */
function isCallback({ url }: Request): boolean {
  return new URL(url).pathname.startsWith("/api/auth/callback/");
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
