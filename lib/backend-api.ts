import { type Api, createApi } from "./api";
import type { Identity } from "./contract";
import type { Env } from "./env";
import type { MintToken } from "./mint";

/** A call that names no limit of its own ends after this. Milliseconds. */
const ANSWER_WITHIN = 8_000;

/** FastAPI as called by this server in the name of somebody, with a token of the gate's minter. */
export function createBackendApi(env: Pick<Env, "backendUrl">, mint: MintToken) {
  return async (who: Identity): Promise<Api> => {
    const { jwt } = await mint(who, Date.now());
    return createApi({
      baseUrl: env.backendUrl,
      fetch: (request, signal = AbortSignal.timeout(ANSWER_WITHIN)) =>
        fetch(request.url, { ...optionsOf(request), headers: withToken(request.headers, jwt), signal }),
    });
  };
}

/**
 * Address and options, and not the `Request` itself: on Node 20 under Next a `fetch` of a `Request` forgets its signal at
 * the next garbage collection, and then waits for ever (`tests/system/backend-faults.test.ts` collects all the time).
 */
function optionsOf({ method, body }: Request): RequestInit & { duplex: "half" } {
  return { method, body, duplex: "half", cache: "no-store" };
}

function withToken(original: Headers, jwt: string): Headers {
  const headers = new Headers(original);
  headers.set("authorization", `Bearer ${jwt}`);
  headers.set("x-request-id", crypto.randomUUID());
  return headers;
}
