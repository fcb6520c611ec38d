import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "../../lib/env";
import { ensureVenv, startBackend } from "../../scripts/lib/backend";
import { startEmbeddedPostgres } from "../../scripts/lib/embedded-postgres";
import { migrate } from "../../scripts/lib/migrate";
import { startNeonEndpoint } from "../../scripts/lib/neon-endpoint";
import { startApp as startNext } from "../../scripts/lib/next";
import { freePort } from "../../scripts/lib/ports";
import { AUTH_SECRET, JWT_KEY } from "./signing";

/** Next to `.next`, so that a running `npm run up` is not disturbed. */
export const DIST_DIR = ".next-test";

type Variables = Record<string, string>;

/**
 * For a server that must cancel a call at its timeout. Constant garbage collection proves that the
 * call keeps its timeout signal (see lib/backend-api.ts).
 */
export const COLLECT_GARBAGE = { NODE_OPTIONS: "--require ./tests/support/collect-garbage.cjs" };

/** A complete environment. Of this machine's variables it contains only PATH and HOME. */
export function testEnv(more: Variables): Variables {
  return {
    PATH: process.env.PATH ?? "",
    HOME: process.env.HOME ?? "",
    BETTER_AUTH_URL: "http://localhost:3000",
    BETTER_AUTH_SECRET: AUTH_SECRET,
    JWT_SECRET_KEY: JWT_KEY,
    DATABASE_URL: "postgresql://postgres:postgres@127.0.0.1:9/postgres",
    BACKEND_URL: "http://127.0.0.1:9",
    ...more,
  };
}

/** Starts a Postgres in memory behind Neon's protocols, with Better Auth's tables. */
export async function startDatabase() {
  const postgres = await startEmbeddedPostgres();
  const endpoint = await startNeonEndpoint({ databaseUrl: postgres.url });
  const env = { DATABASE_URL: postgres.url, NEON_ENDPOINT: endpoint.url };
  await migrate(parseEnv(testEnv(env)));
  let stopped: Promise<void> | undefined;
  return {
    url: postgres.url,
    env,
    stop(): Promise<void> {
      stopped ??= endpoint.close().then(() => postgres.close());
      return stopped;
    },
  };
}

export type Database = Awaited<ReturnType<typeof startDatabase>>;

export interface App {
  readonly origin: string;
  readonly databaseUrl: string;
  readonly neonEndpoint: string;
  readonly pid: number;
  stopDatabase(): Promise<void>;
  stop(): Promise<void>;
}

interface AppOptions {
  logDir?: string;
  distDir?: string;
  /** Runs `next dev`, which needs no build. */
  dev?: boolean;
  /** The Node binary that runs Next. Default: the one that runs this process. */
  node?: string;
}

/**
 * Starts `next start` in front of the backend in `env.BACKEND_URL`. It uses the `shared` database,
 * or a new one.
 */
export async function startApp(
  env: Variables,
  shared?: Database,
  { logDir, distDir = DIST_DIR, dev, node }: AppOptions = {},
): Promise<App> {
  const database = shared ?? (await startDatabase());
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const variables = testEnv({ BETTER_AUTH_URL: origin, ...database.env, ...env });
  const next = await startNext({ env: variables, distDir, port, logDir, dev, node });
  return {
    origin,
    databaseUrl: database.url,
    neonEndpoint: database.env.NEON_ENDPOINT,
    pid: next.pid,
    stopDatabase: database.stop,
    async stop() {
      await next.stop();
      if (!shared) await database.stop();
    },
  };
}

export interface FullStack extends App {
  readonly backendUrl: string;
  readonly backendPid: number;
  readLog(name: LogName): string;
  stopBackend(): Promise<void>;
  /** Ends it with SIGKILL, as in a power failure. */
  killBackend(): Promise<void>;
  /** Starts it again at the same address, with the same data. */
  restartBackend(): Promise<void>;
}

interface FullStackOptions {
  /** Variables of the gate only, and of FastAPI only. */
  gate?: Variables;
  backend?: Variables;
  database?: Database;
  /** The folder of another build of the app. */
  distDir?: string;
  dev?: boolean;
}

/** The processes whose logs can be read. */
export type LogName = "next" | "fastapi";

/** Starts the app in front of the reference FastAPI. */
export async function startFullStack(options: FullStackOptions = {}): Promise<FullStack> {
  await ensureVenv();
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-"));
  const port = await freePort();
  const env = testEnv({ BACKEND_SQLITE: join(folder, "tasks.sqlite"), ...options.backend });
  const start = () => startBackend({ port, env, logDir: folder });
  let backend = await start();
  const { gate, database, distDir, dev } = options;
  const variables = { BACKEND_URL: backend.url, ...gate };
  const app = await startApp(variables, database, { logDir: folder, distDir, dev });
  return {
    ...app,
    backendUrl: backend.url,
    get backendPid() {
      return backend.pid;
    },
    readLog: (name) => readFileSync(join(folder, `${name}.log`), "utf8"),
    stopBackend: () => backend.stop(),
    async killBackend() {
      process.kill(-backend.pid, "SIGKILL");
      await backend.exited;
    },
    async restartBackend() {
      backend = await start();
    },
    async stop() {
      await app.stop();
      await backend.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
