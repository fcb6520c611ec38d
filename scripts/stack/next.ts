import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { withBasePath } from "../../lib/base-path";
import { contentSources } from "../../lib/csp";
import { routes } from "../../lib/routes";
import { fingerprint } from "../lib/fingerprint";
import { finishBuild } from "../lib/finish-build";
import { LOOPBACK } from "../lib/ports";
import { type Environment, type RunningProcess, respondsAt, runProcess, startProcess } from "../lib/process";
import { root } from "../lib/root";

const NEXT = path.join(root, "node_modules/next/dist/bin/next");

/**
 * As in `npm start`: longer than the proxy in front keeps idle connections
 * (`docs/self-hosting.md`). Milliseconds.
 */
const KEEP_ALIVE = ["--keepAliveTimeout", "75000"];

/** The files that a build depends on. */
const SOURCES = [
  "app",
  "edge",
  "lib",
  "public",
  "instrumentation.ts",
  "middleware.ts",
  "next.config.ts",
  "package-lock.json",
  "postcss.config.mjs",
  "tsconfig.app.json",
  "tsconfig.json",
];

interface NextOptions {
  /** Must contain every variable that `lib/env.ts` requires, for a build too. */
  env: Environment;
  /**
   * The folder of the build. The tests use another one, so that they do not disturb a running app.
   */
  distDir?: string;
}

/**
 * Builds as `npm run build` does, unless nothing has changed since the last build.
 * @throws {UserError} with the end of its log when it fails
 */
export async function buildApp({ env, distDir = ".next" }: NextOptions): Promise<"built" | "up to date"> {
  const stamp = path.join(root, distDir, "gatehouse-sources.sha256");
  // Constants of the build: the browser's time limit, and whether traces are exported.
  const constants = [env.BACKEND_TIMEOUT_SECONDS ?? "", env.OTEL_EXPORTER_OTLP_ENDPOINT ? "with traces" : ""];
  const sources = [fingerprint(SOURCES), ...constants].join(" ");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sources) return "up to date";
  // Without its stamp, an interrupted build is not taken for a complete one.
  rmSync(stamp, { force: true });
  await runProcess({
    name: "next-build",
    command: process.execPath,
    args: [NEXT, "build"],
    env: nextEnv(env, distDir, "production"),
  });
  const secure = String(env.BETTER_AUTH_URL).startsWith("https:");
  finishBuild(path.join(root, distDir), { routes, contentSources, secure });
  writeFileSync(stamp, sources);
  return "built";
}

/**
 * Serves the app on loopback and waits until it responds. It serves the build of {@link buildApp},
 * or with `dev` the sources. Both http://localhost and http://127.0.0.1 reach it.
 * @throws {UserError}
 */
export async function startApp(
  options: NextOptions & {
    port: number;
    dev?: boolean;
    logDir?: string | null;
    /** The Node binary that runs Next. Default: the one that runs this process. */
    node?: string;
  },
): Promise<RunningProcess & { readonly url: string }> {
  const { env, distDir = ".next", port, dev = false, logDir, node = process.execPath } = options;
  const child = await startProcess({
    name: "next",
    command: node,
    args: [
      NEXT,
      ...(dev ? ["dev"] : ["start", ...KEEP_ALIVE]),
      "--hostname",
      LOOPBACK,
      "--port",
      String(port),
    ],
    env: nextEnv(env, distDir, dev ? "development" : "production"),
    logDir,
    ready: respondsAt(`http://${LOOPBACK}:${port}${withBasePath("/api/health", routes)}`),
  });
  return { ...child, url: `http://localhost:${port}` };
}

function nextEnv(env: Environment, distDir: string, mode: "production" | "development") {
  return {
    ...env,
    NODE_ENV: mode,
    NEXT_DIST_DIR: distDir,
    NEXT_TELEMETRY_DISABLED: "1",
    // The environment is complete. Otherwise Next would read the .env files again, and expand a `$`
    // in a value twice.
    __NEXT_PROCESSED_ENV: "true",
  };
}
