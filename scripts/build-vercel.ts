import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { readSettings } from "./lib/env-file";
import { main } from "./lib/main";
import { VERCEL_NODE } from "./lib/node-versions";
import { runProcess } from "./lib/process";
import { step } from "./lib/progress";
import { root, shorten } from "./lib/root";
import { ensureTools, tool } from "./lib/tools";
import { throwAwayEnv } from "./stack/app-env";

/**
 * Builds Vercel's Build Output in `.vercel/output` without a network: the files that a deployment
 * consists of.
 */

const VERCEL = path.join(root, ".vercel");
const MIDDLEWARE = path.join(VERCEL, "output/functions/middleware.func/index.js");

/** A separate folder, so that the builds of `npm run up` and of the tests stay as they are. */
const DIST_DIR = ".next-vercel";

/** What `vercel link` would write. No request goes to Vercel, so the ids do not matter. */
const OFFLINE_PROJECT = JSON.stringify({
  projectId: "prj_offline",
  orgId: "team_offline",
  settings: {
    framework: "nextjs",
    nodeVersion: `${VERCEL_NODE}.x`,
    // Everything is installed already; another `npm install` could only change it.
    installCommand: "",
    outputDirectory: DIST_DIR,
  },
});

main(async () => {
  await step("Install the Vercel CLI", ensureTools);
  await step("Build for Vercel", build);
  const size = Math.round(gzipSync(readFileSync(MIDDLEWARE)).length / 1000);
  console.log(`${shorten(path.dirname(MIDDLEWARE))}: ${size} kB after gzip`);
});

async function build(): Promise<void> {
  const project = path.join(VERCEL, "project.json");
  if (!existsSync(project)) {
    mkdirSync(VERCEL, { recursive: true });
    writeFileSync(project, OFFLINE_PROJECT);
  }
  // A folder linked to a real project uses that project's output folder, which is not DIST_DIR.
  const isLinked = readFileSync(project, "utf8") !== OFFLINE_PROJECT;
  await runProcess({
    name: "vercel-build",
    command: tool("vercel"),
    // With a token the CLI does not prompt for one. It is not sent anywhere.
    args: ["build", "--yes", "--prod", "--token", "offline"],
    env: {
      ...throwAwayEnv(),
      ...readSettings(),
      // `next build` sets it itself, as on Vercel. A value from here, such as Vitest's "test",
      // would change the build.
      NODE_ENV: undefined,
      NEXT_DIST_DIR: isLinked ? undefined : DIST_DIR,
      VERCEL_TELEMETRY_DISABLED: "1",
      NEXT_TELEMETRY_DISABLED: "1",
      // The .env files are read already (see scripts/stack/next.ts).
      __NEXT_PROCESSED_ENV: "true",
    },
  });
}
