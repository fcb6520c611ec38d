import { neon, neonConfig } from "@neondatabase/serverless";
import { APIError } from "better-auth/api";
import { after } from "next/server";
import { WebSocket } from "ws";
import { accountOptions, explainMailFailure } from "./account-options";
import { accountRules } from "./account-rules";
import { ApiError } from "./api";
import { createAttemptCounter } from "./attempt-counter";
import { createAuth } from "./auth";
import { createAuthGuard } from "./auth-guard";
import { readAuthInput } from "./auth-input";
import { authLimits } from "./auth-limits";
import { type Failed, INVALID_VALUE, refuse, settleOutcome } from "./auth-outcome";
import { showAsPage } from "./auth-pages";
import { reportRefusal } from "./auth-report";
import { createBackendApi, reasonOfCall } from "./backend-api";
import { log } from "./console-log";
import { identityOf } from "./contract";
import { boundSessionData } from "./cookie-budget";
import { withoutCookieCache, withoutStaleCookieCache } from "./cookie-cache-header";
import { noteDatabaseFailure, watchDatabase } from "./database-failures";
import { createDatabase } from "./db";
import { loadEnv } from "./env";
import { openKeyRing } from "./hmac";
import { createMailer } from "./mail";
import { createMinter, createPurposeMinter } from "./mint";
import { loginPath } from "./next-path";
import { onwardAddresses } from "./onward-addresses";
import { problemResponse, problems } from "./problem";
import { reasonOf } from "./reason";
import { type RequestTrace, readTrace } from "./request-trace";
import { resetLinks } from "./reset-links";
import { revocation } from "./revocation";
import { scrubTokens } from "./scrub-tokens";
import { createSignedCookies } from "./signed-cookies";
import { singleUseLinks } from "./single-use-links";
import { TOKEN_PATH, tokenEndpoint } from "./token-endpoint";
import { programTokenLife } from "./token-life";

// Node 20 has no WebSocket of its own; transactions need one.
neonConfig.webSocketConstructor = WebSocket;

/** A body that has been read: `null` where there is none. */
type Body = Uint8Array<ArrayBuffer> | null;

const env = loadEnv();

const mintToken = createMinter(env.jwt, () => crypto.randomUUID());

/** For `GET /api/auth/token`. No later check ends such a token, so it lives no longer than the bound. */
const mintForProgram = createMinter(
  { ...env.jwt, ttlSeconds: programTokenLife(env.jwt.ttlSeconds, env.sessionMaxStaleSeconds) },
  () => crypto.randomUUID(),
);

/** FastAPI, called in somebody's name. */
export const backendFor = createBackendApi(env, mintToken);

/** The same, for the one call that only this server may make: nothing that the gate mints does it. */
const backendForDeletion = createBackendApi(
  env,
  createPurposeMinter(env.jwt, () => crypto.randomUUID(), "delete-account"),
);

const mailer = createMailer(env);
const options = accountOptions(env, mailer);

const database = createDatabase(env, noteDatabaseFailure);
const sql = neon(env.databaseUrl);
const counter = createAttemptCounter((text, parameters) => sql.query(text, [...parameters]));
const [currentSecret = ""] = env.authSecrets;

const endResetLinks = (userId: string) =>
  sql.query(`delete from verification where value = $1 and identifier like 'reset-password:%'`, [userId]);

/** Better Auth as Node serves it. */
export const auth = createAuth(env, database, {
  ...options,
  emailAndPassword: {
    ...options.emailAndPassword,
    onPasswordReset: ({ user }) => endResetLinks(user.id).then(() => {}),
  },
  user: {
    ...options.user,
    deleteUser: {
      enabled: true,
      async beforeDelete({ id }, request) {
        await forgetAtBackend(request);
        await deleteUser(id, request);
      },
    },
  },
  plugins: [
    // These three come first: nothing is looked up for what they refuse.
    onwardAddresses(),
    singleUseLinks(counter),
    authLimits(counter, currentSecret),
    revocation(),
    resetLinks(endResetLinks),
    accountRules(() => mailer.check().catch(explainMailFailure)),
    ...(env.tokenEndpoint ? [tokenEndpoint(mintForProgram, Date.now)] : []),
  ],
  // A message is sent after the answer: how long that takes would tell whether there is such an account.
  advanced: { backgroundTasks: { handler: after } },
});

const judge = createAuthGuard(env);

const { renew } = createSignedCookies(openKeyRing(env.authSecrets));

/**
 * The headers of a page's request for `auth.api.getSession`. A cookie cache counts for
 * `SESSION_MAX_STALE_SECONDS` at most, as it does for the gate.
 */
export function headersForPage(original: Headers): Promise<Headers> {
  const maxStale = env.sessionMaxStaleSeconds * 1000;
  return withCookies(original, (cookies) => withoutStaleCookieCache(cookies, Date.now(), maxStale));
}

/** Also signs again what an older secret of the ring has signed: Better Auth verifies the first alone. */
async function withCookies(original: Headers, filter: (cookies: string) => string): Promise<Headers> {
  const headers = new Headers(original);
  const cookies = headers.get("cookie");
  if (cookies) headers.set("cookie", await renew(filter(cookies)));
  return headers;
}

/** Serves `/api/auth/*`: whatever comes of a request, its response passes here. */
export async function handleAuth(request: Request): Promise<Response> {
  const trace = readTrace(request.headers);
  const response = await showAsPage(request, await respond(request, trace), trace.requestId);
  keepHere(response.headers);
  boundCookies(request.headers, response.headers);
  // Every one of them is about one visitor, and many set a cookie.
  response.headers.set("cache-control", "private, no-store");
  return response;
}

/** No response but that of the token endpoint holds a token, and no browser gets that one. */
async function respond(request: Request, trace: RequestTrace): Promise<Response> {
  const refusal = judge(request);
  if (refusal) {
    log({ ...lineAbout(trace), code: refusal.code, status: problems[refusal.code].status });
    const response = problemResponse(refusal.code, trace.requestId);
    if (refusal.allow) response.headers.set("allow", refusal.allow);
    return response;
  }
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
  return isToken ? response : await scrubTokens(response);
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

/** The session cookies stay far below the limits of browsers and servers, whatever is stored. */
function boundCookies(sent: Headers, headers: Headers): void {
  const setCookies = boundSessionData(sent.get("cookie"), headers.getSetCookie());
  headers.delete("set-cookie");
  for (const cookie of setCookies) headers.append("set-cookie", cookie);
}

/** Invalid input is refused; a failure of ours is one line in the log, and a 503 or 500. */
async function answerOrFail(request: Request, trace: RequestTrace): Promise<Response> {
  const input = await readAuthInput(request);
  if ("refused" in input && input.refused === "too-large") {
    const code = "gate_body_too_large";
    log({ ...lineAbout(trace), code, status: 413 });
    return problemResponse(code, trace.requestId);
  }
  const outcome = "refused" in input ? refuse(400, INVALID_VALUE) : await callBetterAuth(request, input.body);
  if (outcome instanceof Response) {
    await reportRefusal(outcome, trace);
    return outcome;
  }
  const { code, error } = outcome;
  log({ ...lineAbout(trace), code, status: problems[code].status, error: reasonOf(error) });
  return problemResponse(code, trace.requestId);
}

async function callBetterAuth(request: Request, body: Body): Promise<Response | Failed> {
  const headers = await withCookies(request.headers, withoutCookieCache);
  const { result, failures } = await watchDatabase(() => auth.handler(rebuild(request, headers, body)));
  return settleOutcome(result, failures, new URL(request.url).pathname);
}

/**
 * A request of our own with the parts of this one. Next hands route handlers a proxy around the request, and
 * `new Request(proxy, …)` throws on Node 24 and 26: undici reads private fields, which a proxy does not have.
 */
function rebuild({ url, method, signal }: Request, headers: Headers, body: Body): Request {
  return new Request(url, { method, headers, body, signal });
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
  // Another request has just ended it, or has deleted the account.
  if (!found) throw new APIError("UNAUTHORIZED", { code: "UNAUTHORIZED", message: "You are signed out." });
  try {
    const api = await backendForDeletion(identityOf(found.user, found.session), request.headers);
    await api.delete("/api/account");
  } catch (error) {
    // A backend without this route keeps nothing that has to go; and a 2xx has done it, whatever its body (RFC 9110 §9.3.5).
    if (error instanceof ApiError && (error.status === 404 || error.code === "unreadable")) return;
    throw notDeleted(
      request,
      reasonOfCall(error),
      "Your data could not be deleted just now, so your account stays as it is. Try again in a moment.",
    );
  }
}

/**
 * One statement, so that a database that fails halfway leaves a whole account, with which the user can
 * try again. Better Auth deletes table by table, and finds nothing left to do.
 * @throws {APIError} 503
 */
async function deleteUser(id: string, request: Request | undefined): Promise<void> {
  const statement = `
    with sessions as (delete from session where "userId" = $1),
      accounts as (delete from account where "userId" = $1)
    delete from "user" where id = $1`;
  try {
    await sql.query(statement, [id]);
  } catch (error) {
    throw notDeleted(
      request,
      reasonOf(error),
      "Your tasks are deleted, but your account could not be. Try again in a moment.",
    );
  }
}

function notDeleted(request: Request | undefined, error: string, message: string): APIError {
  const trace = readTrace(request?.headers ?? new Headers());
  log({ ...lineAbout(trace), code: "account_not_deleted", error });
  return new APIError("SERVICE_UNAVAILABLE", { code: "ACCOUNT_NOT_DELETED", message });
}
