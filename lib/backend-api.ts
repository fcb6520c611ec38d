import { type Api, createApi } from "./api";
import type { Identity } from "./contract";
import type { Env } from "./env";
import type { MintToken } from "./mint";

/** FastAPI as called by this server in the name of somebody, with a token of the gate's minter. */
export function createBackendApi(env: Pick<Env, "backendUrl">, mint: MintToken) {
  return async (who: Identity): Promise<Api> => {
    const { jwt } = await mint(who, Date.now());
    return createApi({
      baseUrl: env.backendUrl,
      fetch: (request) => fetch(request, { headers: withToken(request.headers, jwt), cache: "no-store" }),
    });
  };
}

function withToken(original: Headers, jwt: string): Headers {
  const headers = new Headers(original);
  headers.set("authorization", `Bearer ${jwt}`);
  headers.set("x-request-id", crypto.randomUUID());
  return headers;
}
