import { readBackend } from "../../lib/backends";
import { withBasePath } from "../../lib/base-path";
import type { Backend } from "../../lib/routes";
import type { GateOptions } from "../options";
import { createJwtReader, type ReadJwt } from "../session/jwt";
import { createBackendAddresses } from "./backend-addresses";
import type { RelayOptions } from "./relay";
import { createTokenSource, type TokenSource } from "./token";

/** What the gate needs to forward requests to one backend. */
export interface Upstream {
  readonly prefix: string;
  /** Base URL, without a trailing slash. */
  readonly url: string;
  readonly maxBodyBytes: number;
  /** Tokens that only this backend accepts. */
  readonly tokens: TokenSource;
  /**
   * Reads such a token if a program sends one. Undefined without `TOKEN_ENDPOINT`: no program has
   * one, so one that arrives has leaked.
   */
  readonly readJwt: ReadJwt | undefined;
  readonly relay: RelayOptions;
}

/** Creates the upstream of each backend. */
export function createUpstreams(options: GateOptions): ReadonlyMap<Backend, Upstream> {
  return new Map(options.routes.backends.map((backend) => [backend, createUpstream(backend, options)]));
}

function createUpstream(backend: Backend, options: GateOptions): Upstream {
  const { fetch, startTimer, log, appOrigin, routes } = options;
  const { prefix, url, jwt, maxBodyBytes, timeoutSeconds } = readBackend(backend, options);
  const addresses = createBackendAddresses(url, withBasePath(prefix, routes));
  return {
    prefix,
    url,
    maxBodyBytes,
    tokens: createTokenSource({ ...options, jwt }),
    readJwt: options.tokenEndpoint ? createJwtReader(jwt, options.now) : undefined,
    relay: { fetch, startTimer, log, appOrigin, addresses, timeoutMs: timeoutSeconds * 1000 },
  };
}
