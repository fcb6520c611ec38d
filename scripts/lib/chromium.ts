import { existsSync } from "node:fs";
import path from "node:path";
import { type Browser, chromium } from "playwright-core";
import { runProcess } from "./process";
import type { Note } from "./progress";
import { root } from "./root";
import { fail, messageOf } from "./user-error";

const SYSTEM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** For a headless browser that sends requests only for its pages. */
export const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The browser for the tests: the system's, or the one that Playwright has downloaded. */
export function findChromium(): string | undefined {
  return [...SYSTEM, chromium.executablePath()].find((file) => file && existsSync(file));
}

/** Starts the browser of {@link findChromium}. `args` are added to its command line. */
export function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  const executablePath = findChromium();
  return chromium.launch({
    ...(executablePath && { executablePath }),
    args: [...CHROMIUM_FLAGS, ...args],
  });
}

/**
 * Installs Chromium where there is none: as root from Debian's packages, otherwise with
 * Playwright's download.
 * @throws {UserError} when the installation fails
 */
export async function ensureChromium(note: Note): Promise<void> {
  const found = findChromium();
  if (found) return note(found);
  const mayUseApt = existsSync("/usr/bin/apt-get") && process.getuid?.() === 0;
  try {
    await (mayUseApt ? installFromDebian() : download());
  } catch (error) {
    fail(`Chromium could not be installed, and the browser tests need it. ${messageOf(error)}`);
  }
}

async function installFromDebian(): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await runProcess({ name: "apt-get-update", command: "apt-get", args: ["update"], env });
  await runProcess({
    name: "apt-get-install",
    command: "apt-get",
    args: ["install", "-y", "--no-install-recommends", "chromium"],
    env,
  });
}

async function download(): Promise<void> {
  const cli = path.join(root, "node_modules/playwright-core/cli.js");
  await runProcess({ name: "playwright", command: process.execPath, args: [cli, "install", "chromium"] });
}
