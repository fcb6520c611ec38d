import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fingerprint } from "./fingerprint";
import { LOOPBACK } from "./ports";
import { answersAt, type Environment, type RunningProcess, runProcess, startProcess } from "./process";
import { root } from "./root";

const NEXT = path.join(root, "node_modules/next/dist/bin/next");

/** As `npm start` has it: longer than a proxy in front keeps idle connections (`docs/self-hosting.md`). Milliseconds. */
const KEEP_ALIVE = ["--keepAliveTimeout", "75000"];

/** What a build is made from. */
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
  "tsconfig.json",
];

interface NextOptions {
  /** Must hold all that `lib/env.ts` asks for, at a build too. */
  env: Environment;
  /** Where the build lies; a second one beside the first lets tests and a running app alone. */
  distDir?: string;
}

/**
 * `next build`, unless nothing has changed since the last one.
 * @throws {UserError} with the end of its log when it fails
 */
export async function buildApp({ env, distDir = ".next" }: NextOptions): Promise<"built" | "up to date"> {
  const stamp = path.join(root, distDir, "gatehouse-sources.sha256");
  // Whether traces are exported is a constant of the build.
  const sources = `${fingerprint(SOURCES)}${env.OTEL_EXPORTER_OTLP_ENDPOINT ? " with traces" : ""}`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sources) return "up to date";
  // An interrupted build must not pass for the one before it.
  rmSync(stamp, { force: true });
  await runProcess({
    name: "next-build",
    command: process.execPath,
    args: [NEXT, "build"],
    env: nextEnv(env, distDir, "production"),
  });
  writeFileSync(stamp, sources);
  return "built";
}

/**
 * Serves the app on loopback, the build of {@link buildApp} or (`dev`) the sources, and waits until it
 * answers. It is there under http://localhost and http://127.0.0.1 alike.
 * @throws {UserError}
 */
export async function startApp(
  options: NextOptions & {
    port: number;
    dev?: boolean;
    logDir?: string | null;
    /** The Node binary that runs it, unless it is this process's own. */
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
    ready: answersAt(`http://${LOOPBACK}:${port}/api/health`),
  });
  return { ...child, url: `http://localhost:${port}` };
}

function nextEnv(env: Environment, distDir: string, mode: "production" | "development") {
  return {
    ...env,
    NODE_ENV: mode,
    NEXT_DIST_DIR: distDir,
    NEXT_TELEMETRY_DISABLED: "1",
    // The environment is complete. Next would read the .env files again, and expand a `$` in it a second time.
    __NEXT_PROCESSED_ENV: "true",
  };
}
