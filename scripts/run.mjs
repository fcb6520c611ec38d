// Runs scripts/<task>.ts. Plain JavaScript without dependencies, because in a fresh clone none is
// installed.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { judgeNodeVersion } from "./lib/node-support.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

checkNode(process.versions.node);
if (process.platform === "win32") {
  refuse("The local stack needs Linux or macOS. On Windows run it inside WSL.");
}

const task = path.join(root, "scripts", `${process.argv[2]}.ts`);
if (!existsSync(task))
  refuse(`There is no task "${process.argv[2]}" in scripts/. package.json lists the commands.`);

process.chdir(root);
if (!isInstalled()) await install();

// Run the task in this process, as `node --import tsx` would: signals and exit codes need no
// forwarding.
process.argv.splice(1, 2, task);
// With this file tsx reads `server-only` as an empty module, as Next does for code of the server.
process.env.TSX_TSCONFIG_PATH = path.join(root, "scripts/tsconfig.json");
await import("tsx");
await import(pathToFileURL(task).href);

function checkNode(version) {
  const { engines } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const advice = `Install Node 24 (supported: ${engines.node}): https://nodejs.org`;
  const state = judgeNodeVersion(version, engines.node);
  if (state === "too old") refuse(`Node ${version} is too old. ${advice}`);
  if (state === "untested") console.warn(`Node ${version} is not tested with Gatehouse. ${advice}`);
}

function refuse(message) {
  console.error(message);
  process.exit(1);
}

/** npm writes node_modules/.package-lock.json as its last step. */
function isInstalled() {
  const installed = statSync("node_modules/.package-lock.json", { throwIfNoEntry: false });
  return installed !== undefined && installed.mtimeMs >= statSync("package-lock.json").mtimeMs;
}

async function install() {
  console.log("• Install packages (npm ci)");
  const started = Date.now();
  // Even with NODE_ENV=production the build tools must be installed. npm gets its own process
  // group, so that Ctrl-C reaches it only once, through this process, and ends its children too.
  const npm = spawn("npm", ["ci", "--include=dev"], {
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
  });
  let interrupted;
  const interrupt = (_signal, number) => {
    interrupted = 128 + number;
    // After a SIGTERM npm would first complete the installation. The next start installs everything
    // again anyway.
    process.kill(-npm.pid, "SIGKILL");
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt).on("SIGHUP", interrupt);

  const code = await new Promise((resolve, reject) => npm.on("exit", resolve).on("error", reject)).catch(
    (error) => refuse(`npm cannot be started (${error.message}). It comes with Node: https://nodejs.org`),
  );
  process.off("SIGINT", interrupt).off("SIGTERM", interrupt).off("SIGHUP", interrupt);

  if (interrupted) process.exit(interrupted);
  if (code !== 0) refuse("✗ The packages could not be installed. The reason is in the output of npm above.");
  console.log(`✓ Install packages (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}
