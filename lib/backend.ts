import { createApi } from "./api";
import { mintToken } from "./auth-server";
import { loadEnv } from "./env";
import { readSession } from "./session";

/**
 * The calls of `api-client.ts` for server components and route handlers: straight to FastAPI in the name of the
 * visitor whose request is being answered, with a token of the gate's minter and no hop through the gate.
 * @throws {Error} when nobody is signed in; a page calls `requireSession` first
 */
export async function backend() {
  const found = await readSession();
  if (!found) throw new Error("backend() needs a session: call requireSession() first");
  const { user, session } = found;
  const identity = { userId: user.id, email: user.email, name: user.name, sessionId: session.id };
  const { jwt } = await mintToken(identity, Date.now());
  return createApi({
    baseUrl: loadEnv().backendUrl,
    fetch: (request) => fetch(request, { headers: withToken(request.headers, jwt), cache: "no-store" }),
  });
}

function withToken(original: Headers, jwt: string): Headers {
  const headers = new Headers(original);
  headers.set("authorization", `Bearer ${jwt}`);
  headers.set("x-request-id", crypto.randomUUID());
  return headers;
}
