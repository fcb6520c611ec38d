import "server-only";
import { headers } from "next/headers";
import type { Api } from "../api/client";
import { readBackend } from "../backends";
import { loadEnv } from "../env";
import { routes } from "../routes";
import { createBackendApi } from "./backend-api";
import { readSession } from "./page-session";

const backendFor = createBackendApi(readBackend(routes.backends[0], loadEnv()));

/**
 * Returns the API client for server components and route handlers. It has the same functions as
 * `api` of `lib/browser/api-client.ts`. Its calls go directly to FastAPI, not through the gate, on
 * behalf of the visitor of the current request, with a token from the same minter.
 * @throws {Error} if the visitor is not signed in. A page calls `requireSession` first.
 */
export async function backend(): Promise<Api> {
  const found = await readSession();
  if (!found) throw new Error("backend() needs a session: call requireSession() first");
  return backendFor(found.identity, await headers());
}
