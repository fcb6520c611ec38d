import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { fingerprint } from "../lib/fingerprint";
import { runProcess } from "../lib/process";
import { root } from "../lib/root";
import { CANDIDATES, probePython } from "./python";

const REQUIREMENTS = ["backend/requirements.txt", "backend/requirements-dev.txt"];

export interface Python {
  readonly command: string;
  /** Major and minor, such as 3.13. */
  readonly version: string;
}

/**
 * Finds the Pythons on this machine that the backend supports, one for each version except `own`.
 * Looks for the usual command names and in pyenv.
 */
export async function findOtherPythons(own: string): Promise<Python[]> {
  const found = new Map<string, Python>();
  for (const command of [...CANDIDATES, ...ofPyenv()]) {
    const probe = await probePython(command);
    if (!probe?.isNewEnough || !probe.hasVenv || probe.version === own || found.has(probe.version)) continue;
    found.set(probe.version, { command, version: probe.version });
  }
  return [...found.values()];
}

function ofPyenv(): string[] {
  const folder = path.join(process.env.PYENV_ROOT ?? path.join(homedir(), ".pyenv"), "versions");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((version) => path.join(folder, version, "bin/python3"));
}

/**
 * Creates a venv of this Python in `.data/`, with what the backend and its tests need. Returns the
 * path of the venv's Python.
 * @throws {UserError}
 */
export async function ensureVenvOf({ command, version }: Python): Promise<string> {
  const venv = path.join(root, ".data/python", version);
  const python = path.join(venv, "bin/python");
  const stamp = path.join(venv, "requirements.sha256");
  const wanted = fingerprint(REQUIREMENTS);
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return python;
  await runProcess({ name: "venv", command, args: ["-m", "venv", "--clear", venv] });
  // `requirements-dev.txt` includes `requirements.txt`. Install only wheels, which exist for every
  // version, so that no compiler is needed.
  const options = [
    "--disable-pip-version-check",
    "--only-binary=:all:",
    "-r",
    "backend/requirements-dev.txt",
  ];
  await runProcess({ name: "pip", command: python, args: ["-m", "pip", "install", ...options] });
  writeFileSync(stamp, wanted);
  return python;
}
