import { buildApp } from "../../scripts/lib/next";
import { DIST_DIR, testEnv } from "./stack";

/**
 * One build for all system tests, next to the build of a running app. Settings that differ between
 * tests are read when a server starts.
 */
export async function setup(): Promise<void> {
  // The browser's limit is compiled in: these seconds and 5 more. The servers have the default limit,
  // so tests can see the browser give up first.
  await buildApp({ env: testEnv({ BACKEND_TIMEOUT_SECONDS: "10" }), distDir: DIST_DIR });
}
