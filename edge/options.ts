import type { ContentSources } from "../lib/csp";
import type { Env } from "../lib/env";
import type { Log } from "../lib/log/log";
import type { NextResult, Passed } from "../lib/next-function";
import type { PublicFiles } from "../lib/public-files";
import type { Routes } from "../lib/routes";
import type { Observer } from "./observe/observer";
import type { KeyStore } from "./session/key-store";
import type { SessionStore } from "./session/store";
import type { MaybeAsync } from "./util/maybe-async";
import type { StartTimer } from "./util/single-flight";

/** The settings of a gate. `Env` has their units. */
export type GateSettings = Pick<
  Env,
  | "appOrigin"
  | "origins"
  | "backendUrls"
  | "forwarding"
  | "authSecrets"
  | "jwt"
  | "sessionMaxStaleSeconds"
  | "tokenEndpoint"
  | "maxBodyBytes"
  | "backendTimeoutSeconds"
  | "longestTimeoutSeconds"
  | "clientAddressHeader"
  | "development"
  | "nextServer"
>;

/** The I/O, time, randomness and log of a gate. */
export interface GateEffects {
  readonly store: SessionStore;
  readonly keyStore: KeyStore;
  /** Sends requests to the backend, with `forwarding: "relay"`. */
  readonly fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly startTimer: StartTimer;
  /** A new ID at each call: for requests, tokens (`jti`) and nonces. */
  readonly randomId: () => string;
  readonly log: Log;
}

/** Everything that a gate depends on. It reads nothing else. */
export interface GateOptions extends GateSettings, GateEffects {
  readonly routes: Routes;
  /** The files that everyone may load. None by default. */
  readonly publicFiles?: PublicFiles;
  /** What pages may load from other origins. Nothing by default. */
  readonly contentSources?: ContentSources;
  /** Called around each step of a request. The first one is outermost. */
  readonly observers: readonly Observer[];
  /**
   * The app's function for requests that pass (`lib/next-function.ts`). A method, so that it may
   * take Next's own request, which `middleware.ts` passes to the gate.
   */
  next?(request: Request, passed: Passed): MaybeAsync<NextResult>;
}
