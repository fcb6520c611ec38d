import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { fail } from "../lib/user-error";

const run = promisify(execFile);

export const CANDIDATES = ["python3.14", "python3.13", "python3.12", "python3.11", "python3"];

/** Debian's Python comes without ensurepip, and then cannot create a venv. */
const PROBE = `
import sys, importlib.util
has_venv = importlib.util.find_spec("ensurepip") is not None
print(sys.version_info >= (3, 11), has_venv, "%d.%d" % sys.version_info[:2])
`;

interface Probe {
  isNewEnough: boolean;
  hasVenv: boolean;
  version: string;
}

/**
 * Finds the Python for the venv: the `PYTHON` variable, or the newest of the usual command names.
 * @throws {UserError} when no Python is new enough and has the venv module
 */
export async function findPython(): Promise<string> {
  const commands = process.env.PYTHON ? [process.env.PYTHON] : CANDIDATES;
  let lacksVenv: Probe | undefined;
  for (const command of commands) {
    const probe = await probePython(command);
    if (!probe?.isNewEnough) continue;
    if (probe.hasVenv) return command;
    lacksVenv ??= probe;
  }
  if (lacksVenv) {
    fail(
      `Python ${lacksVenv.version} is installed, but not its venv module. ` +
        `Install it: sudo apt install python${lacksVenv.version}-venv (Debian, Ubuntu)`,
    );
  }
  const which = process.env.PYTHON ? `PYTHON=${process.env.PYTHON} is not Python 3.11 or newer. ` : "";
  return fail(
    `FastAPI needs Python 3.11 or newer. ${which}` +
      "Install it: brew install python (macOS), sudo apt install python3 python3-venv (Debian, Ubuntu)",
  );
}

/** Runs a command as Python and returns its properties. Undefined if it is not a Python. */
export async function probePython(command: string): Promise<Probe | undefined> {
  try {
    const { stdout } = await run(command, ["-c", PROBE]);
    const [isNewEnough, hasVenv, version = ""] = stdout.trim().split(" ");
    return { isNewEnough: isNewEnough === "True", hasVenv: hasVenv === "True", version };
  } catch {
    return undefined;
  }
}
