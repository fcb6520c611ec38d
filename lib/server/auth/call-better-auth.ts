import "server-only";
import { authBasePath } from "../../auth/auth-path";
import { describeError } from "../../log/describe-error";
import type { ProblemCode } from "../../problem";
import { watchDatabase } from "./database-failures";
import { auth } from "./instance";
import { classifyOutcome, INVALID_VALUE, refusal } from "./outcome";
import { readRequestBody } from "./request-body";
import { API_PATH, hashesPassword } from "./request-guard";
import { headersForEndpoint } from "./session-headers";
import { createWorkQueue } from "./work-queue";

/** A request that Better Auth did not serve. `error`: the cause of a failure, for the log. */
export interface NotServed {
  readonly code: ProblemCode;
  readonly error?: string;
}

/**
 * For requests that hash a password. Attack: scrypt runs in Node's thread pool, which has 4
 * threads, and WebCrypto, files and DNS wait in the same queue. 40 sign-ins with invented emails,
 * which no limit by account stops, would delay pages and session checks until the last password is
 * hashed. A sign-up also keeps a database connection open during that time.
 *
 * Defence: the whole request waits in a queue. 2 at a time leave half of the threads to other work.
 * On an idle machine, 100 waiting requests take about 10 seconds.
 */
const runHashing = createWorkQueue({ concurrency: 2, maxWaiting: 100 });

/**
 * Calls Better Auth with a request whose path and method are served. Distinguishes invalid input,
 * an outage of the database and any other failure.
 */
export async function callBetterAuth(request: Request): Promise<Response | NotServed> {
  const input = await readRequestBody(request);
  if ("refused" in input) {
    return input.refused === "too-large" ? { code: "gate_body_too_large" } : refusal(400, INVALID_VALUE);
  }
  const { pathname } = new URL(request.url);
  const call = async () => {
    const rebuilt = await rebuildRequest(request, input.body);
    const { result, failures } = await watchDatabase(() => auth.handler(rebuilt));
    return classifyOutcome(result, failures, pathname);
  };
  const outcome = await (hashesPassword(pathname) ? runHashing(call) : call());
  if (outcome === undefined) return { code: "auth_busy" };
  return outcome instanceof Response ? outcome : { code: outcome.code, error: describeError(outcome.error) };
}

/**
 * Builds a new request from the parts of the original. Next passes route handlers a proxy around
 * the request, and `new Request(proxy, …)` throws on Node 24 and 26: undici reads private fields,
 * which a proxy does not have.
 */
async function rebuildRequest(
  { url, method, signal, headers }: Request,
  body: Uint8Array<ArrayBuffer> | null,
): Promise<Request> {
  return new Request(addBasePath(url), { method, headers: await headersForEndpoint(headers), body, signal });
}

/** Next removes the app's base path from the URL of a request to a route handler. */
function addBasePath(url: string): string {
  const full = new URL(url);
  full.pathname = authBasePath + full.pathname.slice(API_PATH.length);
  return full.href;
}
