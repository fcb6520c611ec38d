import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { throwAwayEnv } from "./lib/app-env";
import { readSettings } from "./lib/env-file";
import { main } from "./lib/main";
import { VERCEL_NODE } from "./lib/node-versions";
import { runProcess } from "./lib/process";
import { step } from "./lib/progress";
import { root, shorten } from "./lib/root";
import { ensureTools, tool } from "./lib/tools";

/** Makes Vercel's Build Output in `.vercel/output`, offline: what a deployment would be made of. */

const VERCEL = path.join(root, ".vercel");
const MIDDLEWARE = path.join(VERCEL, "output/functions/middleware.func/index.js");

/** Neither the build that `npm run up` serves nor that of the tests. */
const DIST_DIR = ".next-vercel";

/** What `vercel link` would write. Vercel is not asked, so the names do not matter. */
const OFFLINE_PROJECT = JSON.stringify({
  projectId: "prj_offline",
  orgId: "team_offline",
  settings: {
    framework: "nextjs",
    nodeVersion: `${VERCEL_NODE}.x`,
    // Everything is installed; an `npm install` in the middle could only change it.
    installCommand: "",
    outputDirectory: DIST_DIR,
  },
});

main(async () => {
  await step("Install the Vercel CLI", ensureTools);
  await step("Make the Build Output", build);
  const size = Math.round(gzipSync(readFileSync(MIDDLEWARE)).length / 1000);
  console.log(`${shorten(path.dirname(MIDDLEWARE))}: ${size} kB after gzip`);
});

async function build(): Promise<void> {
  const project = path.join(VERCEL, "project.json");
  if (!existsSync(project)) {
    mkdirSync(VERCEL, { recursive: true });
    writeFileSync(project, OFFLINE_PROJECT);
  }
  // Somebody's own project builds where its settings say, and they say nothing of a folder of ours.
  const isLinked = readFileSync(project, "utf8") !== OFFLINE_PROJECT;
  await runProcess({
    name: "vercel-build",
    command: tool("vercel"),
    // A token keeps it from asking for one; it is sent nowhere.
    args: ["build", "--yes", "--prod", "--token", "offline"],
    env: {
      ...throwAwayEnv(),
      ...readSettings(),
      // `next build` sets it, as on Vercel; a value of ours (Vitest's "test") would make another build.
      NODE_ENV: undefined,
      NEXT_DIST_DIR: isLinked ? undefined : DIST_DIR,
      VERCEL_TELEMETRY_DISABLED: "1",
      NEXT_TELEMETRY_DISABLED: "1",
      // The files are read already (scripts/lib/next.ts).
      __NEXT_PROCESSED_ENV: "true",
    },
  });
}
