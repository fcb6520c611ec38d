import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort, LOOPBACK } from "../../scripts/lib/ports";
import { type RunningProcess, respondsAt, runProcess, startProcess } from "../../scripts/lib/process";
import { root } from "../../scripts/lib/root";
import { ensureTools, tool } from "../../scripts/lib/tools";
import { findOtherPythons, type Python } from "../../scripts/stack/other-pythons";
import { testEnv } from "../../scripts/stack/test-stack";
import { trackedFiles } from "../fixtures/tracked-files";

/** Builds `backend/` as Vercel builds it, and starts the result. It needs Python 3.12, as Vercel does. */

const UV = "0.13.9";
const CONFIG = "functions/fastapi.func/.vc-config.json";
const folder = path.join(root, ".data/vercel-backend");
const project = path.join(folder, "project");
const functionFolder = path.join(folder, "function");

const python = (await findOtherPythons("")).find(({ version }) => version === "3.12");

describe.runIf(python)("backend/ on Vercel", () => {
  let backend: RunningProcess;
  let url: string;

  beforeAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    for (const file of trackedFiles()) {
      if (file.startsWith("backend/") && !file.startsWith("backend/tests/")) {
        cpSync(path.join(root, file), path.join(project, path.relative("backend", file)));
      }
    }
    await build(python as Python);
    assemble();
    const port = await freePort();
    url = `http://${LOOPBACK}:${port}`;
    backend = await startProcess({
      name: "vercel-backend",
      command: (python as Python).command,
      args: ["-m", "uvicorn", "main:app", "--port", String(port)],
      cwd: functionFolder,
      env: testEnv({ PYTHONPATH: "_vendor", BACKEND_SQLITE: path.join(folder, "tasks.sqlite") }),
      logDir: folder,
      ready: respondsAt(`${url}/health`),
    });
  }, 600_000);
  afterAll(async () => {
    await backend?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is one function of Python 3.12 that gets every path, with the app of main.py", () => {
    const { runtime, handler: name } = readJson(CONFIG);
    expect(runtime).toBe("python3.12");
    const module = name.replace(/\.\w+$/, ".py");
    const handler = readFileSync(path.join(path.dirname(output(CONFIG)), module), "utf8");
    expect(handler).toContain('"__VC_HANDLER_MODULE_NAME": "main"');
    expect(handler).toContain('"__VC_HANDLER_VARIABLE_NAME": "app"');
    expect(readJson("config.json").routes.at(-1)).toMatchObject({ src: "/(.*)", dest: "/fastapi" });
  });

  it("starts with the packages of the build, and refuses a call without a token", async () => {
    const response = await fetch(`${url}/api/me`);
    expect(response.status).toBe(401);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(await response.json()).toMatchObject({ code: "token_missing" });
  });
});

async function build({ command }: Python): Promise<void> {
  await ensureTools();
  mkdirSync(path.join(project, ".vercel"));
  // No framework is set here: backend/vercel.json names it.
  const linked = { projectId: "prj_offline", orgId: "team_offline", settings: {} };
  writeFileSync(path.join(project, ".vercel/project.json"), JSON.stringify(linked));
  const run = (name: string, command: string, args: string[], env = process.env) =>
    runProcess({ name, command, args, env, cwd: project, logDir: folder });
  const uv = path.join(folder, "uv");
  await run("venv", command, ["-m", "venv", uv]);
  await run("uv", path.join(uv, "bin/pip"), ["install", "--disable-pip-version-check", `uv==${UV}`]);
  await run("vercel-build", tool("vercel"), ["build", "--yes", "--prod", "--token", "offline"], {
    ...process.env,
    // uv does not look into a venv for a Python.
    PATH: [path.join(uv, "bin"), path.join(basePrefixOf(command), "bin"), process.env.PATH].join(":"),
    VERCEL_TELEMETRY_DISABLED: "1",
  });
}

function basePrefixOf(command: string): string {
  return execFileSync(command, ["-c", "import sys; print(sys.base_prefix)"], { encoding: "utf8" }).trim();
}

const output = (file: string) => path.join(project, ".vercel/output", file);
const readJson = (file: string) => JSON.parse(readFileSync(output(file), "utf8"));

/** Puts the files where Vercel puts them: a build names them instead of copying them. */
function assemble(): void {
  const { filePathMap } = readJson(CONFIG);
  for (const [to, from] of Object.entries(filePathMap as Record<string, string>)) {
    cpSync(path.join(project, from), path.join(functionFolder, to));
  }
}
