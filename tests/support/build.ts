import { buildApp } from "../../scripts/lib/next";
import { DIST_DIR, testEnv } from "./stack";

/** One build for all system tests, beside the app that may be running. What varies is read when a server starts. */
export async function setup(): Promise<void> {
  await buildApp({ env: testEnv({}), distDir: DIST_DIR });
}
