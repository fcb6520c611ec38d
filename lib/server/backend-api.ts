import "server-only";
import { type Api, ApiError, createApi } from "../api/client";
import type { paths } from "../api/types";
import type { BackendSettings } from "../backends";
import { describeError } from "../log/describe-error";
import { continueTrace, readTrace } from "../log/request-trace";
import type { Identity, Purpose } from "../token/contract";
import { createMinter } from "../token/mint";

/**
 * Creates a function that returns a client for calls from this server to FastAPI on behalf of a
 * user. Each client uses one token. It sends the request id and the trace of the incoming
 * request, which it reads from `incoming`, the headers of that request. A call without its own
 * signal ends after the timeout of the backend.
 */
export function createBackendApi<Paths extends object = paths>(
  { url, jwt, timeoutSeconds }: BackendSettings,
  purpose?: Purpose,
) {
  const mint = createMinter(jwt, () => crypto.randomUUID());
  return async (identity: Identity, incoming: Pick<Headers, "get">): Promise<Api<Paths>> => {
    const token = await mint(identity, { issuedAt: Date.now(), purpose });
    return createApi<Paths>({
      baseUrl: url,
      fetch: (request, signal = AbortSignal.timeout(timeoutSeconds * 1000)) =>
        fetch(request.url, {
          ...optionsOf(request),
          headers: headersOf(request, token.jwt, incoming),
          signal,
        }),
    });
  };
}

/**
 * Returns the options for a `fetch` of the URL. The `Request` itself is not passed to `fetch`: on
 * Node 20 under Next, `fetch` of a `Request` loses its signal at the next garbage collection, and
 * then waits for ever. `tests/system/backend-failures.test.ts` runs with constant garbage
 * collection.
 */
function optionsOf({ method, body }: Request): RequestInit & { duplex: "half"; opentelemetry: object } {
  // If `@vercel/otel` is active, it starts a span for this call, and FastAPI continues the trace.
  const opentelemetry = { ignore: false, propagateContext: true };
  return { method, body, duplex: "half", cache: "no-store", opentelemetry };
}

function headersOf(request: Request, jwt: string, incoming: Pick<Headers, "get">): Headers {
  const headers = new Headers(request.headers);
  headers.set("authorization", `Bearer ${jwt}`);
  headers.set("x-request-id", readTrace(incoming).requestId);
  continueTrace(incoming, headers);
  return headers;
}

/**
 * Describes why a call to FastAPI failed, for the log. The text of FastAPI's own error is left out,
 * because it can contain personal data.
 */
export function describeCallError(error: unknown): string {
  return describeError(error instanceof ApiError ? (error.cause ?? error.code) : error);
}
