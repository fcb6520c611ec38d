import path from "node:path";
import { withBasePath } from "../../lib/base-path";
import type { Env } from "../../lib/env";
import { type Routes, routes } from "../../lib/routes";
import { readSettings, writeSecrets } from "../lib/env-file";
import { frameLines } from "../lib/frame-lines";
import type { AtEnd } from "../lib/main";
import { assertPortFree, freePort, LOOPBACK } from "../lib/ports";
import type { RunningProcess } from "../lib/process";
import { shareTerminal, step } from "../lib/progress";
import { root } from "../lib/root";
import { fail } from "../lib/user-error";
import { checkEnv, throwAwayEnv } from "./app-env";
import { ensureVenv, migrateBackend, startBackend } from "./backend";
import { startOwnDatabase } from "./database";
import { demoUser, seedDemoUser } from "./demo-user";
import { migrate } from "./migrate";
import { buildApp, startApp } from "./next";
import { findPython } from "./python";
import { writeRunningStack } from "./running-stack";

/** `up` serves a build, `dev` the sources. */
export type Mode = "up" | "dev";

type Settings = Record<string, string>;

/** The variables of the app and FastAPI. */
type StackEnv = Settings & { BACKEND_URL: string };

/** FastAPI's usual port. If it is in use, any free port is taken. */
const BACKEND_PORT = 8000;

/**
 * Starts the whole stack and keeps it running. Never returns: when one part ends, all others are
 * stopped.
 * @throws {UserError}
 */
export async function runStack(mode: Mode, atEnd: AtEnd): Promise<never> {
  const settings = await readConfiguration(mode);
  const port = await claimPort(settings.PORT ?? "3000", mode);
  // Before FastAPI's port is chosen, because another process could take the port during the
  // installation.
  if (!settings.BACKEND_URL) {
    await step("Find Python", async (note) => note(await findPython()));
    await step("Install FastAPI", () => ensureVenv());
  }

  const env = await connect(settings, port, atEnd);
  await prepareDatabase(checkEnv(env), settings);
  const parts: RunningProcess[] = [];
  for await (const part of serve(mode, env, settings, port)) {
    atEnd(part.stop);
    parts.push(part);
  }
  writeRunningStack(env, atEnd);

  console.log(describeStack(`http://localhost:${port}${routes.basePath}`, settings, mode));
  const { message } = await Promise.race(parts.map(({ exited }) => exited));
  return fail(message);
}

/**
 * Adds missing secrets to `.env.local`, then reads the .env files and the environment, which has
 * priority.
 */
function readConfiguration(mode: Mode): Promise<Settings> {
  return step("Read .env.local", (note) => {
    const dev = mode === "dev";
    const added = writeSecrets({ dev });
    if (added.length > 0) note(`generated ${added.join(" and ")}`);
    const settings = readSettings({ dev });
    checkEnv({ ...throwAwayEnv(), ...settings });
    assertFurtherBackends(settings, mode);
    return settings;
  });
}

/** Only the reference backend is started here. */
function assertFurtherBackends(settings: Settings, mode: Mode): void {
  const [, ...further]: Routes["backends"] = routes.backends;
  const missing = further.filter(({ address }) => !settings[address]);
  if (missing.length === 0) return;
  const lines = missing.map(
    ({ address, prefix }) =>
      `${address}: is not set, the address of the backend at ${prefix}. Start this backend, and add its address to .env.local, such as ${address}=http://127.0.0.1:8001`,
  );
  fail(`\`npm run ${mode}\` starts only the first backend (docs/second-backend.md).\n${lines.join("\n")}`);
}

async function claimPort(value: string, mode: Mode): Promise<number> {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port < 1 || port > 65_535) {
    fail(`PORT is "${value}". Set it to a number from 1 to 65535.`);
  }
  await assertPortFree(
    port,
    `Stop what listens there, or use another port: PORT=${port + 1} npm run ${mode}`,
  );
  return port;
}

/** Opens the database and sets the addresses of all parts. */
async function connect(settings: Settings, port: number, atEnd: AtEnd): Promise<StackEnv> {
  const database = settings.DATABASE_URL
    ? { DATABASE_URL: settings.DATABASE_URL }
    : await step("Start Postgres", () => startOwnDatabase(atEnd));
  const backendPort = await freePort(port === BACKEND_PORT ? undefined : BACKEND_PORT);
  // The address follows PORT, so BETTER_AUTH_URL counts only from the environment, not from
  // `.env.local`.
  const appOrigin = process.env.BETTER_AUTH_URL || `http://localhost:${port}`;
  return {
    BACKEND_DOCS: "on",
    // No load balancer is in front.
    SHUTDOWN_DELAY_SECONDS: "0",
    PUBLIC_URL: appOrigin + withBasePath(routes.backends[0].prefix, routes),
    BACKEND_URL: `http://${LOOPBACK}:${backendPort}`,
    ...settings,
    ...database,
    BACKEND_SQLITE: path.join(root, ".data/tasks.sqlite"),
    BETTER_AUTH_URL: appOrigin,
  };
}

async function prepareDatabase(env: Env, settings: Settings): Promise<void> {
  await step("Migrate the database", async (note) => {
    const changes = await migrate(env);
    note(changes.length === 0 ? "no changes" : `${changes.length} changes`);
  });
  // The demo user's password is public, so only the embedded database gets that user.
  if (!settings.DATABASE_URL) {
    await step("Create the demo user", async (note) => note(await seedDemoUser(env)));
  }
}

/** Starts FastAPI, unless BACKEND_URL names a running one, and then the app. */
async function* serve(mode: Mode, env: StackEnv, settings: Settings, port: number) {
  const dev = mode === "dev";
  // With hot reload, the logs go to the terminal.
  const logDir = dev ? null : undefined;
  if (dev) shareTerminal();
  if (!settings.BACKEND_URL) {
    if (env.TASKS_DATABASE_URL) await step("Migrate the database of FastAPI", () => migrateBackend(env));
    const backendPort = Number(new URL(env.BACKEND_URL).port);
    yield await step("Start FastAPI", () => startBackend({ port: backendPort, env, reload: dev, logDir }));
  }
  if (!dev) await step("Build the app", async (note) => note(await buildApp({ env })));
  yield await step("Start the app", () => startApp({ env, port, dev, logDir }));
}

function describeStack(url: string, { DATABASE_URL, SMTP_URL, BACKEND_URL }: Settings, mode: Mode): string {
  const mail =
    mode === "dev" ? `Mail           ${url}/dev/mail` : "Mail           not sent: SMTP_URL is not set";
  return frameLines([
    `Gatehouse runs at ${url}`,
    "",
    DATABASE_URL ? `Sign up at     ${url}/signup` : `Demo account   ${demoUser.email} / ${demoUser.password}`,
    ...(SMTP_URL ? [] : [mail]),
    // Not checked here: `npm run doctor` checks whether it runs and accepts the gate's tokens.
    ...(BACKEND_URL ? [`FastAPI        ${BACKEND_URL} (npm run doctor checks it)`] : []),
    `Logs           ${mode === "dev" ? "here" : ".data/logs"}`,
    ...(mode === "dev" ? [`Gate events    ${url}/dev/gate`] : []),
    "Ctrl-C stops everything",
  ]);
}
