import { readSessionCookies, sessionCookieNames } from "../../edge/session/cookies";
import { createSessionReader } from "../../edge/session/reader";
import type { SessionResult } from "../../edge/session/session";
import { createStalenessBound } from "../../edge/session/staleness-bound";
import { createStore } from "../../edge/session/store";
import type { MaybeAsync } from "../../edge/util/maybe-async";
import type { StartTimer } from "../../edge/util/single-flight";
import { routes } from "../../lib/routes";
import { AUTH_SECRET } from "../stack/signing";

export const APP_ORIGIN = "https://app.example.com";

/** Simulated requests have these two paths. */
export const PATHS = { page: routes.home, backend: `${routes.backends[0].prefix}/api/tasks` } as const;

export type Caller = keyof typeof PATHS;

export interface IsolateOptions {
  readonly maxStaleSeconds: number;
  /** Sessions in memory: up to twice this number. */
  readonly memoryCapacity: number;
  readonly now: () => number;
  /** The network between the isolate and the database. */
  readonly fetch: typeof fetch;
  readonly startStoreTimer: StartTimer;
  readonly startReaderTimer: StartTimer;
}

/** Finds the session of a request with this `Cookie` header. */
export type Isolate = (header: string, caller: Caller) => MaybeAsync<SessionResult>;

/** Creates a fresh isolate: the gate's session reader and its store, with nothing in memory. */
export function createIsolate(options: IsolateOptions): Isolate {
  const { maxStaleSeconds, memoryCapacity, now, fetch, startStoreTimer, startReaderTimer } = options;
  const cookieNames = sessionCookieNames(APP_ORIGIN.startsWith("https:"));
  const maxStaleAt = createStalenessBound(maxStaleSeconds, routes.maxStale, routes.locales);
  const env = {
    appOrigin: APP_ORIGIN,
    databaseUrl: "postgresql://gate:password@database.neon.tech/app",
    neonEndpoint: undefined,
    authSecrets: [AUTH_SECRET],
    sessionMaxStaleSeconds: maxStaleSeconds,
  };
  const sessions = createSessionReader({
    authSecrets: env.authSecrets,
    cookieNames,
    maxStale: maxStaleSeconds * 1000,
    store: createStore(env, { fetch, now, startTimer: startStoreTimer }),
    now,
    startTimer: startReaderTimer,
    capacity: memoryCapacity,
  });
  return (header, caller) =>
    sessions.read(readSessionCookies(header, cookieNames), header, {
      caller,
      maxStale: maxStaleAt(PATHS[caller]),
    });
}
