import { neon, neonConfig } from "@neondatabase/serverless";
import { APIError } from "better-auth/api";
import { after } from "next/server";
import { WebSocket } from "ws";
import { ApiError } from "../../api/client";
import { boundSessionData } from "../../auth/cookie-budget";
import { createDatabase } from "../../auth/database";
import { reportRefusal } from "../../auth/logger";
import { createAuth } from "../../auth/options";
import { createSignedCookies } from "../../auth/signed-cookies";
import { loadEnv } from "../../env";
import { log } from "../../log/console-log";
import { describeError } from "../../log/describe-error";
import { type RequestTrace, readTrace } from "../../log/request-trace";
import { type ProblemCode, problemResponse, problems } from "../../problem";
import { loginPath } from "../../redirect-target";
import { routes } from "../../routes";
import { identityOf } from "../../token/contract";
import { openKeyRing } from "../../token/key-ring";
import { createMinter } from "../../token/mint";
import { computeProgramTokenTtl } from "../../token/token-life";
import { createBackendApi, reasonOfCall } from "../backend-api";
import { createMailer } from "../mail/mail";
import { accountOptions, explainMailFailure } from "./account-options";
import { accountRules } from "./account-rules";
import { createAttemptCounter } from "./attempt-counter";
import { withoutCookieCache, withoutStaleCookieCache } from "./cookie-cache-header";
import { noteDatabaseFailure, watchDatabase } from "./database-failures";
import { onwardAddresses } from "./onward-addresses";
import { type Failed, INVALID_VALUE, refuse, settleOutcome } from "./outcome";
import { showAsPage } from "./pages";
import { authLimits } from "./rate-limits";
import { readAuthInput } from "./request-body";
import { createAuthGuard, isSlow } from "./request-guard";
import { resetLinks } from "./reset-links";
import { revocation } from "./revocation";
import { scrubTokens } from "./scrub-tokens";
import { singleUseLinks } from "./single-use-links";
import { TOKEN_PATH, tokenEndpoint } from "./token-endpoint";
import { createTurns } from "./turns";

// Node 20 has no built-in WebSocket. Transactions need one.
neonConfig.webSocketConstructor = WebSocket;

/** A body that has been read. `null`: there is none. */
type Body = Uint8Array<ArrayBuffer> | null;

const env = loadEnv();

const mintToken = createMinter(env.jwt, () => crypto.randomUUID());

/**
 * For requests that hash a password. Attack: scrypt runs in Node's thread pool, which has 4 threads,
 * and WebCrypto, files and DNS wait in the same queue. 40 sign-ins with invented emails, which no
 * limit by account stops, would hold up pages and session checks until the last one is hashed; and a
 * sign-up keeps a connection to the database meanwhile. The whole request takes a turn. 2 leave half
 * of the threads to the rest; 100 wait about 10 seconds on an idle machine.
 */
const takeTurn = createTurns(2, 100);

/**
 * For `GET /api/auth/token`. Nothing checks the session while such a token is valid, so its
 * lifetime is limited by `SESSION_MAX_STALE_SECONDS`.
 */
const programTokenTtl = computeProgramTokenTtl({
  ttlSeconds: env.jwt.ttlSeconds,
  maxStaleSeconds: env.sessionMaxStaleSeconds,
});

/** Calls FastAPI on behalf of a user. */
export const backendFor = createBackendApi(env, mintToken);

/**
 * Like `backendFor`, for the one call that only this server may make. FastAPI requires a token with
 * a purpose for that route, and the gate mints no such token.
 */
const backendForDeletion = createBackendApi(env, mintToken, "delete-account");

const mailer = createMailer(env);
const options = accountOptions(env, mailer);

const database = createDatabase(env, noteDatabaseFailure);
const sql = neon(env.databaseUrl);
const counter = createAttemptCounter((text, parameters) => sql.query(text, [...parameters]));
const [currentSecret = ""] = env.authSecrets;

const endResetLinks = (userId: string) =>
  sql.query(`delete from verification where value = $1 and identifier like 'reset-password:%'`, [userId]);

/** Better Auth as the Node server runs it. */
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
    // These three must come before the plugins that check a password or send an email. A request that
    // they refuse gets no further.
    onwardAddresses(),
    singleUseLinks(counter),
    authLimits(counter, currentSecret),
    revocation(),
    resetLinks(endResetLinks),
    accountRules(() => mailer.check().catch(explainMailFailure)),
    ...(env.tokenEndpoint ? [tokenEndpoint(mintToken, programTokenTtl, Date.now)] : []),
  ],
  // Attack: the response time could reveal whether an account exists, because only an existing
  // account gets an email. Defence: `after` sends the email once the response is finished.
  advanced: { backgroundTasks: { handler: after } },
});

const judge = createAuthGuard(env);

const { renew } = createSignedCookies(openKeyRing(env.authSecrets));

/**
 * Returns the headers of a page's request for `auth.api.getSession`. A cookie cache is trusted for
 * at most `SESSION_MAX_STALE_SECONDS`, as in the gate.
 */
export function headersForPage(original: Headers): Promise<Headers> {
  const maxStale = env.sessionMaxStaleSeconds * 1000;
  return withCookies(original, (cookies) => withoutStaleCookieCache(cookies, Date.now(), maxStale));
}

/**
 * Also renews cookies that are signed with an older secret of the ring: Better Auth verifies only
 * with the first secret.
 */
async function withCookies(original: Headers, filter: (cookies: string) => string): Promise<Headers> {
  const headers = new Headers(original);
  const cookies = headers.get("cookie");
  if (cookies) headers.set("cookie", await renew(filter(cookies)));
  return headers;
}

/** Serves `/api/auth/*`. Every response passes through here, including refusals and failures. */
export async function handleAuth(request: Request): Promise<Response> {
  const trace = readTrace(request.headers);
  const response = await showAsPage(request, await respond(request, trace), trace.requestId);
  keepHere(response.headers);
  boundCookies(request.headers, response.headers);
  // Each response belongs to one visitor, and many set a cookie.
  response.headers.set("cache-control", "private, no-store");
  return response;
}

/**
 * Only the response of the token endpoint contains a token, and a request from a browser is refused
 * there.
 */
async function respond(request: Request, trace: RequestTrace): Promise<Response> {
  const refusal = judge(request);
  if (refusal) {
    const response = refuseAs(refusal.code, trace);
    if (refusal.allow) response.headers.set("allow", refusal.allow);
    return response;
  }
  const isToken = new URL(request.url).pathname === TOKEN_PATH;
  // Only browsers send Fetch Metadata. A page calls FastAPI through the gate and needs no token.
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
 * Attack (CWE-601, open redirect): Better Auth resolves the dot segments of a `callbackURL` after
 * its check, so "/.//host" becomes "//host". Defence: a location without a scheme that leaves this
 * origin is replaced by the sign-in page. Better Auth compares URLs with a scheme with its trusted
 * origins.
 */
function keepHere(headers: Headers): void {
  const location = headers.get("location");
  if (location === null || /^[a-z][a-z0-9+.-]*:/i.test(location)) return;
  const stays =
    URL.canParse(location, env.appOrigin) && new URL(location, env.appOrigin).origin === env.appOrigin;
  if (!stays) headers.set("location", loginPath("/", routes));
}

/** Keeps the session cookies far below the limits of browsers and servers, whatever is stored. */
function boundCookies(sent: Headers, headers: Headers): void {
  const setCookies = boundSessionData(sent.get("cookie"), headers.getSetCookie());
  headers.delete("set-cookie");
  for (const cookie of setCookies) headers.append("set-cookie", cookie);
}

/**
 * Refuses invalid input. A failure of this app writes one line to the log, and the response is 503
 * or 500.
 */
async function answerOrFail(request: Request, trace: RequestTrace): Promise<Response> {
  const input = await readAuthInput(request);
  if ("refused" in input && input.refused === "too-large") {
    return refuseAs("gate_body_too_large", trace);
  }
  const outcome =
    "refused" in input
      ? refuse(400, INVALID_VALUE)
      : await callInTurn(request, () => callBetterAuth(request, input.body));
  if (outcome === undefined) return refuseAs("auth_busy", trace);
  if (outcome instanceof Response) {
    await reportRefusal(outcome, trace);
    return outcome;
  }
  return refuseAs(outcome.code, trace, describeError(outcome.error));
}

/** Writes one line to the log, and makes the response in problem details (RFC 9457). */
function refuseAs(code: ProblemCode, trace: RequestTrace, error?: string): Response {
  log({ ...lineAbout(trace), code, status: problems[code].status, error });
  return problemResponse(code, trace.requestId);
}

/** Undefined where too many requests that hash a password wait already. */
function callInTurn<T>(request: Request, call: () => Promise<T>): Promise<T> | undefined {
  return isSlow(new URL(request.url).pathname) ? takeTurn(call) : call();
}

async function callBetterAuth(request: Request, body: Body): Promise<Response | Failed> {
  const headers = await withCookies(request.headers, withoutCookieCache);
  const { result, failures } = await watchDatabase(() => auth.handler(rebuild(request, headers, body)));
  return settleOutcome(result, failures, new URL(request.url).pathname);
}

/**
 * Builds a new request from the parts of the original. Next passes route handlers a proxy around
 * the request, and `new Request(proxy, …)` throws on Node 24 and 26: undici reads private fields,
 * which a proxy does not have.
 */
function rebuild({ url, method, signal }: Request, headers: Headers, body: Body): Request {
  return new Request(url, { method, headers, body, signal });
}

function lineAbout({ requestId, traceId }: RequestTrace) {
  return { request_id: requestId, trace_id: traceId, route: "open-api" } as const;
}

/**
 * Deletes the user's data in FastAPI before the user itself is deleted. In the other order, a
 * failure in between would leave data behind that no user can ask to delete any more.
 * @throws {APIError} 503 if the data could not be deleted. The account then stays as it is.
 */
async function forgetAtBackend(request: Request | undefined): Promise<void> {
  // Reads the store, not the cookie cache: a session that has ended must not be able to delete
  // data.
  const query = { disableRefresh: true, disableCookieCache: true };
  const found = request && (await auth.api.getSession({ headers: request.headers, query }));
  // Another request has just ended it, or has deleted the account.
  if (!found) throw new APIError("UNAUTHORIZED", { code: "UNAUTHORIZED", message: "You are signed out." });
  try {
    const api = await backendForDeletion(identityOf(found.user, found.session), request.headers);
    await api.delete("/api/account");
  } catch (error) {
    // 404: a backend without this route stores nothing that must be deleted. `unreadable`: a 2xx
    // means that the deletion succeeded, whatever its body is (RFC 9110 §9.3.5).
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
      describeError(error),
      "Your data is deleted, but your account could not be. Try again in a moment.",
    );
  }
}

function notDeleted(request: Request | undefined, error: string, message: string): APIError {
  const trace = readTrace(request?.headers ?? new Headers());
  log({ ...lineAbout(trace), code: "account_not_deleted", error });
  return new APIError("SERVICE_UNAVAILABLE", { code: "ACCOUNT_NOT_DELETED", message });
}
