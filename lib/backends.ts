import type { Backend } from "./routes";
import type { JwtConfig } from "./token/contract";

/** The longest timeout that can be set. Node's `fetch` has its own timeout of 300 seconds. */
export const LONGEST_TIMEOUT_SECONDS = 290;
/** The highest limit for bodies that can be set. Next keeps bodies in memory. */
export const LARGEST_BODY_MB = 1024;

/** The parts of the configuration that backends depend on. `Env` explains them. */
export interface BackendEnv {
  readonly backendUrls: Readonly<Record<string, string>>;
  readonly jwt: JwtConfig;
  readonly backendTimeoutSeconds: number;
  readonly longestTimeoutSeconds: number;
  readonly maxBodyBytes: number;
}

/** A backend of `routes.backends` with the values from the environment. */
export interface BackendSettings {
  readonly prefix: string;
  /** Base URL, without a trailing slash. It may have a path. */
  readonly url: string;
  /** For its tokens. They have the audience of this backend. */
  readonly jwt: JwtConfig;
  readonly timeoutSeconds: number;
  readonly maxBodyBytes: number;
  /** The path of its documentation, where scripts run. */
  readonly docsPage: string | undefined;
}

/** @throws {Error} if `env` was read for other backends, and has no address of this one */
export function readBackend(backend: Backend, env: BackendEnv): BackendSettings {
  const { prefix, address, audience = env.jwt.audience, maxBodyMb } = backend;
  const url = env.backendUrls[address];
  if (url === undefined)
    throw new Error(`${address}, the address of "${prefix}", is not in the configuration`);
  const timeoutSeconds = backend.timeoutSeconds ?? env.backendTimeoutSeconds;
  return {
    prefix,
    url,
    jwt: { ...env.jwt, audience },
    timeoutSeconds: Math.min(timeoutSeconds, env.longestTimeoutSeconds),
    maxBodyBytes: maxBodyMb === undefined ? env.maxBodyBytes : maxBodyMb * 1024 * 1024,
    docsPage: backend.docs?.page,
  };
}

/** The prefix as a name for files and reports: `reports` for `/reports`, `a-b` for `/a/b`. */
export function slugOf({ prefix }: Pick<Backend, "prefix">): string {
  return prefix.slice(1).replaceAll("/", "-");
}
