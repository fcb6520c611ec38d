import { headers } from "next/headers";
import type { Api } from "./api";
import { backendFor } from "./auth-server";
import { readSession } from "./session";

/**
 * The calls of `api-client.ts` for server components and route handlers: straight to FastAPI in the name of the
 * visitor whose request is being answered, with a token of the gate's minter and no hop through the gate.
 * @throws {Error} when nobody is signed in; a page calls `requireSession` first
 */
export async function backend(): Promise<Api> {
  const found = await readSession();
  if (!found) throw new Error("backend() needs a session: call requireSession() first");
  return backendFor(found.identity, await headers());
}
