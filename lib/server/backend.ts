import "server-only";
import { headers } from "next/headers";
import type { Api } from "../api/client";
import { loadEnv } from "../env";
import { createMinter } from "../token/mint";
import { createBackendApi } from "./backend-api";
import { readSession } from "./page-session";

const env = loadEnv();
const backendFor = createBackendApi(
  env,
  createMinter(env.jwt, () => crypto.randomUUID()),
);

/**
 * Returns the client of `api-client.ts` for server components and route handlers. Its calls go
 * directly to FastAPI on behalf of the visitor of the current request, with a token from the same
 * minter, and do not pass through the gate.
 * @throws {Error} if the visitor is not signed in. A page calls `requireSession` first.
 */
export async function backend(): Promise<Api> {
  const found = await readSession();
  if (!found) throw new Error("backend() needs a session: call requireSession() first");
  return backendFor(found.identity, await headers());
}
