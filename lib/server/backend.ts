import "server-only";
import { headers } from "next/headers";
import type { Api } from "../api/client";
import type { paths } from "../api/types";
import { readBackend } from "../backends";
import { loadEnv } from "../env";
import { type BackendPrefix, backendAt, routes } from "../routes";
import { createBackendApi } from "./backend-api";
import { readSession } from "./page-session";

/**
 * Creates the function that returns the API client of one backend for server components and route
 * handlers. `Paths` are the types of its OpenAPI document. The client has the same functions as that
 * of `lib/browser/api-client.ts`. Its calls go directly to the backend, not through the gate, on
 * behalf of the visitor of the current request, with a token from the same minter.
 *
 * The function throws if the visitor is not signed in. A page calls `requireSession` first.
 */
export function serverApi<Paths extends object>(prefix: BackendPrefix): () => Promise<Api<Paths>> {
  const apiFor = createBackendApi<Paths>(readBackend(backendAt(prefix), loadEnv()));
  return async () => {
    const found = await readSession();
    if (!found) throw new Error(`calls to ${prefix} need a session: call requireSession() first`);
    return apiFor(found.identity, await headers());
  };
}

/** Returns the API client of the first backend. See {@link serverApi}. */
export const backend = serverApi<paths>(routes.backends[0].prefix);
