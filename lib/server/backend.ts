import { headers } from "next/headers";
import type { Api } from "../api/client";
import { backendFor } from "./auth/handler";
import { readSession } from "./page-session";

/**
 * Returns the client of `api-client.ts` for server components and route handlers. Its calls go
 * directly to FastAPI on behalf of the visitor of the current request, with a token from the same
 * minter, and do not pass through the gate.
 * @throws {Error} if nobody is signed in. A page calls `requireSession` first.
 */
export async function backend(): Promise<Api> {
  const found = await readSession();
  if (!found) throw new Error("backend() needs a session: call requireSession() first");
  return backendFor(found.identity, await headers());
}
