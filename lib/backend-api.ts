import { type Api, ApiError, createApi } from "./api";
import type { Identity } from "./contract";
import type { Env } from "./env";
import type { MintToken } from "./mint";
import { reasonOf } from "./reason";
import { continueTrace, readTrace } from "./request-trace";

/**
 * FastAPI as called by this server in the name of somebody, with a token of the gate's minter, and under the id and in the
 * trace of the request whose headers are `asked`. A call without a signal of its own ends after `backendTimeoutSeconds`.
 */
export function createBackendApi(env: Pick<Env, "backendUrl" | "backendTimeoutSeconds">, mint: MintToken) {
  return async (who: Identity, asked: Pick<Headers, "get">): Promise<Api> => {
    const { jwt } = await mint(who, Date.now());
    return createApi({
      baseUrl: env.backendUrl,
      fetch: (request, signal = AbortSignal.timeout(env.backendTimeoutSeconds * 1000)) =>
        fetch(request.url, { ...optionsOf(request), headers: headersOf(request, jwt, asked), signal }),
    });
  };
}

/**
 * Address and options, and not the `Request` itself: on Node 20 under Next a `fetch` of a `Request` forgets its signal at
 * the next garbage collection, and then waits for ever (`tests/system/backend-faults.test.ts` collects all the time).
 */
function optionsOf({ method, body }: Request): RequestInit & { duplex: "half"; opentelemetry: object } {
  // For `@vercel/otel`, where it is at work: a span, which FastAPI goes on from.
  const opentelemetry = { ignore: false, propagateContext: true };
  return { method, body, duplex: "half", cache: "no-store", opentelemetry };
}

function headersOf(request: Request, jwt: string, asked: Pick<Headers, "get">): Headers {
  const headers = new Headers(request.headers);
  headers.set("authorization", `Bearer ${jwt}`);
  headers.set("x-request-id", readTrace(asked).requestId);
  continueTrace(asked, headers);
  return headers;
}

/** Why a call of FastAPI failed, for the log. What FastAPI itself says of it may be about a person, and is left out. */
export function reasonOfCall(error: unknown): string {
  return reasonOf(error instanceof ApiError ? (error.cause ?? error.code) : error);
}
