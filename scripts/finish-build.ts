import nextEnv from "@next/env";
import { contentSources } from "../lib/csp";
import { loadEnv } from "../lib/env";
import { routes } from "../lib/routes";
import { finishBuild } from "./lib/finish-build";

/** The second part of `npm run build`. It runs in the project's folder. */
nextEnv.loadEnvConfig(process.cwd(), false, { info() {}, error: console.error });
const { appOrigin, distDir } = loadEnv();
try {
  finishBuild(distDir, { routes, contentSources, secure: appOrigin.startsWith("https:") });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
