import { neonConfig } from "@neondatabase/serverless";
import { APIError } from "better-auth/api";
import { after } from "next/server";
import { WebSocket } from "ws";
import { accountOptions, explainMailFailure } from "./account-options";
import { accountRules } from "./account-rules";
import { ApiError } from "./api";
import { createAuth } from "./auth";
import { reportRefusal } from "./auth-report";
import { createBackendApi, reasonOfCall } from "./backend-api";
import { log } from "./console-log";
import { identityOf } from "./contract";
import { createDatabase } from "./db";
import { loadEnv } from "./env";
import { openKeyRing } from "./hmac";
import { createMailer } from "./mail";
import { createMinter, createPurposeMinter } from "./mint";
import { loginPath } from "./next-path";
import { problemResponse } from "./problem";
import { reasonOf } from "./reason";
import { type RequestTrace, readTrace } from "./request-trace";
import { revocation } from "./revocation";
import { scrubTokens } from "./scrub-tokens";
import { createSignedCookies } from "./signed-cookies";
import { TOKEN_PATH, tokenEndpoint } from "./token-endpoint";

// Node 20 has no WebSocket of its own; transactions need one.
neonConfig.webSocketConstructor = WebSocket;

const env = loadEnv();

const mintToken = createMinter(env.jwt, () => crypto.randomUUID());

/** FastAPI, called in somebody's name. */
export const backendFor = createBackendApi(env, mintToken);

/** The same, for the one call that only this server may make: nothing that the gate mints does it. */
const backendForDeletion = createBackendApi(
  env,
  createPurposeMinter(env.jwt, () => crypto.randomUUID(), "delete-account"),
);

const mailer = createMailer(env);
const options = accountOptions(env, mailer);

/** Better Auth as Node serves it. */
export const auth = createAuth(env, createDatabase(env), {
  ...options,
  user: {
    ...options.user,
    deleteUser: { enabled: true, beforeDelete: (_, request) => forgetAtBackend(request) },
  },
  plugins: [
    revocation(),
    accountRules(() => mailer.check().catch(explainMailFailure)),
    ...(env.tokenEndpoint ? [tokenEndpoint(mintToken, Date.now)] : []),
  ],
  // A message is sent after the answer: how long that takes would tell whether there is such an account.
  advanced: { backgroundTasks: { handler: after } },
});

const { renew } = createSignedCookies(openKeyRing(env.authSecrets));

/** A request's headers as Better Auth can read them, whichever secret of the ring has signed its cookies. */
export async function headersForAuth(original: Headers): Promise<Headers> {
  const headers = new Headers(original);
  const cookie = headers.get("cookie");
  if (cookie) headers.set("cookie", await renew(cookie));
  return headers;
}

/** Answers `/api/auth/*`. No answer but that of the token endpoint holds a token, and no browser gets that one. */
export async function handleAuth(request: Request): Promise<Response> {
  const trace = readTrace(request.headers);
  const isToken = new URL(request.url).pathname === TOKEN_PATH;
  // Fetch Metadata: browsers alone send it. A page has the gate, and needs no token.
  if (isToken && env.tokenEndpoint && request.headers.has("sec-fetch-site")) {
    log({ ...lineAbout(trace), code: "token_not_for_pages", status: 403 });
    return Response.json(
      { detail: "Pages call /backend/* and need no token.", code: "token_not_for_pages" },
      { status: 403 },
    );
  }
  const response = await answerOrFail(request, trace);
  const answer = isToken ? response : await scrubTokens(response);
  keepHere(answer.headers);
  // Every one of them is about one visitor, and many set a cookie.
  answer.headers.set("cache-control", "private, no-store");
  return answer;
}

/**
 * Better Auth folds the dot segments of a `callbackURL` after it has judged it: "/.//host" leaves as "//host" (CWE-601).
 * Addresses with a scheme it compares with its trusted origins.
 */
function keepHere(headers: Headers): void {
  const location = headers.get("location");
  if (location === null || /^[a-z][a-z0-9+.-]*:/i.test(location)) return;
  const stays =
    URL.canParse(location, env.appOrigin) && new URL(location, env.appOrigin).origin === env.appOrigin;
  if (!stays) headers.set("location", loginPath("/"));
}

/** Better Auth throws, or answers 500, where the database failed: that is a fault to try again after. */
async function answerOrFail(request: Request, trace: RequestTrace): Promise<Response> {
  let failure: unknown;
  try {
    const response = await auth.handler(rebuild(request, await headersForAuth(request.headers)));
    if (response.status !== 500) {
      await reportRefusal(response, trace);
      return response;
    }
    failure = new Error("Better Auth answered 500");
  } catch (error) {
    failure = error;
  }
  const code = "gate_session_store_unreachable";
  log({ ...lineAbout(trace), code, status: 503, error: reasonOf(failure) });
  return problemResponse(code, trace.requestId);
}

/**
 * A request of our own with the parts of this one. Next hands route handlers a proxy around the request, and
 * `new Request(proxy, …)` throws on Node 24 and 26: undici reads private fields, which a proxy does not have.
 */
function rebuild({ url, method, body, signal }: Request, headers: Headers): Request {
  const init: RequestInit & { duplex: "half" } = { method, headers, body, signal, duplex: "half" };
  return new Request(url, init);
}

function lineAbout({ requestId, traceId }: RequestTrace) {
  return { request_id: requestId, trace_id: traceId, route: "open-api" } as const;
}

/**
 * What FastAPI keeps of a user goes before the user does: the other way round a fault in between would leave rows
 * behind that nobody can ask for any more.
 * @throws {APIError} 503 when it could not be done; the account stays as it is
 */
async function forgetAtBackend(request: Request | undefined): Promise<void> {
  // The store, not the cookie cache: a deletion is not done on the word of a session that has ended.
  const query = { disableRefresh: true, disableCookieCache: true };
  const found = request && (await auth.api.getSession({ headers: request.headers, query }));
  try {
    if (!found) throw new Error("the session is gone");
    const api = await backendForDeletion(identityOf(found.user, found.session), request.headers);
    await api.delete("/api/account");
  } catch (error) {
    // A backend without this route keeps nothing that has to go; and a 2xx has done it, whatever its body (RFC 9110 §9.3.5).
    if (error instanceof ApiError && (error.status === 404 || error.code === "unreadable")) return;
    const trace = readTrace(request?.headers ?? new Headers());
    log({ ...lineAbout(trace), code: "account_not_deleted", error: reasonOfCall(error) });
    throw new APIError("SERVICE_UNAVAILABLE", {
      code: "ACCOUNT_NOT_DELETED",
      message:
        "Your data could not be deleted just now, so your account stays as it is. Try again in a moment.",
    });
  }
}
