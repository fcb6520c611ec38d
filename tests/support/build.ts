import { buildApp } from "../../scripts/lib/next";
import { DIST_DIR, testEnv } from "./stack";

/**
 * One build for all system tests, next to the build of a running app. Settings that differ between
 * tests are read when a server starts.
 */
export async function setup(): Promise<void> {
  await buildApp({ env: testEnv({}), distDir: DIST_DIR });
}
