import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, it } from "vitest";
import { linkTree } from "../../../scripts/lib/link-tree";
import { ensureNodeVersions } from "../../../scripts/lib/node-versions";
import { freePort, LOOPBACK } from "../../../scripts/lib/ports";
import { respondsAt, startProcess } from "../../../scripts/lib/process";
import { root } from "../../../scripts/lib/root";
import { ensureTools } from "../../../scripts/lib/tools";
import { ensureVenv } from "../../../scripts/stack/backend";
import { testEnv } from "../../../scripts/stack/test-stack";
import { applySample, readSamples } from "../../fixtures/guides";
import { adopt, run } from "../adopt";

/** `npm test` in the app of a team, next to the FastAPI of docs/your-fastapi.md: all of it is green. */

const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-adopted-"));
const started: (() => Promise<unknown>)[] = [];
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  await Promise.all([adopt(folder), ensureTools(), ensureNodeVersions()]);
  addInstalled();
  env = { PATH: process.env.PATH, HOME: process.env.HOME, BACKEND_URL: await startOwnBackend() } as never;
  await run(folder, "npm run api:types && npm run format", env);
}, 600_000);
afterAll(async () => {
  for (const stop of started) await stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What `npm test` would install or download. */
function addInstalled(): void {
  try {
    linkTree(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  } catch (error) {
    // The folder is on another file system.
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    const options = { recursive: true, verbatimSymlinks: true };
    cpSync(path.join(root, "node_modules"), path.join(folder, "node_modules"), options);
  }
  mkdirSync(path.join(folder, ".data"), { recursive: true });
  const packages = ["tools", "node-versions"].map((name) => `scripts/${name}/node_modules`);
  for (const name of [...packages, ".data/debian", ".data/python"]) {
    if (existsSync(path.join(root, name))) symlinkSync(path.join(root, name), path.join(folder, name));
  }
}

/** Starts the FastAPI of the guide. */
async function startOwnBackend(): Promise<string> {
  const own = path.join(folder, ".data/own-fastapi");
  mkdirSync(own);
  cpSync(path.join(root, "backend/auth.py"), path.join(own, "auth.py"));
  for (const sample of readSamples().filter(
    ({ page, file }) => page === "your-fastapi.md" && file === "main.py",
  )) {
    applySample(sample, own);
  }
  const port = await freePort();
  const url = `http://${LOOPBACK}:${port}`;
  const child = await startProcess({
    ...{ name: "own-fastapi", command: await ensureVenv(), cwd: own, logDir: own },
    args: ["-m", "uvicorn", "main:app", "--port", String(port)],
    env: testEnv({ BETTER_AUTH_SECRET: "" }),
    ready: respondsAt(`${url}/openapi.json`),
  });
  started.push(child.stop);
  return url;
}

it("npm test passes", () => run(folder, "npm test", env), 3_600_000);
