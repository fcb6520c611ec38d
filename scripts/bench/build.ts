import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import project from "../../package.json" with { type: "json" };
import { fingerprint } from "../lib/fingerprint";
import { linkTree } from "../lib/link-tree";
import { runProcess } from "../lib/process";
import { root } from "../lib/root";
import { tool } from "../lib/tools";
import { throwAwayEnv } from "../stack/app-env";

/** One built app: its Build Output for Vercel, and the same build for `next start`. */
export interface Built {
  /** The folder of the app. */
  readonly app: string;
  readonly distDir: string;
  readonly functionDir: string;
}

export type Contender =
  | "bare-rewrite"
  | "least-gate"
  | "bare-lookup"
  | "jose-verify-sign"
  | "better-auth-get-session";

const OUTPUT = ".vercel/output/functions/middleware.func";

/** The files around the middleware of a contender: the smallest app that Next builds. */
const SHELL = {
  "package.json": JSON.stringify({
    private: true,
    type: "module",
    dependencies: { next: project.dependencies.next },
  }),
  "next.config.mjs": `const root = import.meta.dirname;
export default {
  turbopack: { root }, outputFileTracingRoot: root, typescript: { ignoreBuildErrors: true },
  skipTrailingSlashRedirect: true, skipProxyUrlNormalize: true, poweredByHeader: false,
};\n`,
  "app/api/health/route.ts": `export const dynamic = "force-dynamic";\nexport const GET = () => new Response("ok");\n`,
  ".vercel/project.json": JSON.stringify({
    projectId: "prj_offline",
    orgId: "team_offline",
    settings: {
      framework: "nextjs",
      nodeVersion: "24.x",
      installCommand: "",
      buildCommand: "next build",
    },
  }),
};

/** Builds the gate: the project itself, with its own task `build-vercel`. */
export async function buildGate(): Promise<Built> {
  const built = { app: root, distDir: ".next-vercel", functionDir: path.join(root, OUTPUT) };
  // The stamp is inside the output: every other build deletes the output, and the stamp with it.
  const stamp = path.join(root, ".vercel/output/bench-sources.sha256");
  const sources = fingerprint([
    "app",
    "edge",
    "lib",
    "instrumentation.ts",
    "middleware.ts",
    "next.config.ts",
    "package-lock.json",
  ]);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sources) return built;
  const args = [path.join(root, "scripts/run.mjs"), "build-vercel"];
  const env = { ...process.env, NODE_ENV: undefined };
  await runProcess({ name: "bench-gate", command: process.execPath, args, env });
  writeFileSync(stamp, sources);
  return built;
}

/** Builds a contender, unless nothing has changed since its last build. */
export async function buildContender(name: Contender): Promise<Built> {
  const app = path.join(root, ".data/bench", name);
  const built = { app, distDir: ".next", functionDir: path.join(app, OUTPUT) };
  const stamp = path.join(app, "sources.sha256");
  const sources = fingerprint([
    `scripts/bench/contenders/${name}`,
    "scripts/bench/build.ts",
    "package-lock.json",
  ]);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sources) return built;

  rmSync(app, { recursive: true, force: true });
  for (const [file, text] of Object.entries(SHELL)) {
    mkdirSync(path.dirname(path.join(app, file)), { recursive: true });
    writeFileSync(path.join(app, file), text);
  }
  linkTree(path.join(root, "node_modules"), path.join(app, "node_modules"));
  cpSync(path.join(root, "scripts/bench/contenders", name), app, { recursive: true });
  await runProcess({
    name: `bench-${name}`,
    command: tool("vercel"),
    args: ["build", "--yes", "--prod", "--token", "offline"],
    cwd: app,
    env: {
      ...process.env,
      ...throwAwayEnv(),
      NODE_ENV: undefined,
      VERCEL_TELEMETRY_DISABLED: "1",
      NEXT_TELEMETRY_DISABLED: "1",
    },
  });
  writeFileSync(stamp, sources);
  return built;
}
