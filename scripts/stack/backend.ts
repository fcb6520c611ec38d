import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fingerprint } from "../lib/fingerprint";
import { freePort, LOOPBACK } from "../lib/ports";
import { type Environment, type RunningProcess, respondsAt, runProcess, startProcess } from "../lib/process";
import { root } from "../lib/root";
import { findPython } from "./python";

const VENV = path.join(root, "backend/.venv");
const VENV_PYTHON = path.join(VENV, "bin/python");

/**
 * FastAPI must not have these: with the auth secrets it could forge sessions, with the database URL
 * read them.
 */
const WITHHELD = ["BETTER_AUTH_SECRET", "BETTER_AUTH_SECRETS", "DATABASE_URL"];

/**
 * Creates `backend/.venv` and installs what FastAPI needs, unless the current requirements are
 * installed already. `dev`: also what its tests need. Returns the path of the venv's Python.
 * @throws {UserError}
 */
export async function ensureVenv({ dev = false }: { dev?: boolean } = {}): Promise<string> {
  // Without a stamp the venv may be incomplete. `existsSync` is false for a link to a Python that
  // was removed.
  if (!existsSync(VENV_PYTHON) || !existsSync(stampOf("requirements.txt"))) {
    const args = ["-m", "venv", "--clear", VENV];
    await runProcess({ name: "venv", command: await findPython(), args });
  }
  await install("requirements.txt");
  if (dev) await install("requirements-dev.txt");
  return VENV_PYTHON;
}

async function install(file: string): Promise<void> {
  const wanted = fingerprint([`backend/${file}`]);
  const stamp = stampOf(file);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  const args = ["-m", "pip", "install", "--disable-pip-version-check", "-r", `backend/${file}`];
  await runProcess({ name: "pip", command: VENV_PYTHON, args });
  writeFileSync(stamp, wanted);
}

/** The file with the hash of the requirements that were last installed. */
function stampOf(file: string): string {
  return path.join(VENV, `${file}.sha256`);
}

/**
 * Creates and changes FastAPI's tables in `TASKS_DATABASE_URL`. Without it, FastAPI uses a SQLite
 * file, and does this itself when it starts. Call {@link ensureVenv} first.
 * @throws {UserError}
 */
export async function migrateBackend(env: Environment): Promise<void> {
  if (!env.TASKS_DATABASE_URL) return;
  const command = { name: "fastapi-migrate", command: VENV_PYTHON, args: ["backend/migrate.py"] };
  await runProcess({ ...command, env: without({ ...process.env, ...env }, WITHHELD) });
}

export interface Backend extends RunningProcess {
  readonly url: string;
}

/**
 * Starts FastAPI and waits until it responds. Call {@link ensureVenv} first.
 * @throws {UserError}
 */
export async function startBackend(options: {
  port?: number;
  env: Environment;
  /** Restarts when a file of `backend/` changes. */
  reload?: boolean;
  logDir?: string | null;
}): Promise<Backend> {
  const port = options.port ?? (await freePort(8000));
  const url = `http://${LOOPBACK}:${port}`;
  // The gate reuses connections and does not retry. If FastAPI closed an idle connection first, a
  // request on it would be lost. Seconds.
  const keepAlive = ["--timeout-keep-alive", "75"];
  // The app's pages send nothing on their WebSockets, so a small limit is enough. Compression costs
  // memory for each socket, and the messages are short. Bytes.
  const webSockets = ["--ws-max-size", "1024", "--ws-per-message-deflate", "false"];
  const reload = options.reload ? ["--reload", "--reload-dir", "backend"] : [];
  const child = await startProcess({
    name: "fastapi",
    command: VENV_PYTHON,
    args: [
      ...["-m", "uvicorn", "main:app", "--app-dir", "backend"],
      ...["--host", LOOPBACK, "--port", String(port)],
      ...keepAlive,
      ...webSockets,
      ...reload,
    ],
    env: { ...without(options.env, WITHHELD), PYTHONUNBUFFERED: "1" },
    logDir: options.logDir,
    ready: respondsAt(`${url}/health`),
  });
  return { ...child, url };
}

function without(env: Environment, names: string[]): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}
