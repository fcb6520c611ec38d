import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureNodeVersions, findNode } from "../../scripts/lib/node-versions";
import { freePort, isAnswering, LOOPBACK } from "../../scripts/lib/ports";
import { startProcess } from "../../scripts/lib/process";
import { root } from "../../scripts/lib/root";

interface FunctionConfig {
  /** Such as "nodejs24.x". */
  runtime: string;
  launcherType: string;
  /** A file that exports a handler for Node's HTTP server. */
  handler: string;
  /**
   * Files outside the function's folder that it needs: path in the function → path in the project.
   */
  filePathMap: Record<string, string>;
}

/** The Node version that a function's configuration names. */
export function nodeVersionOf(functionDir: string): number {
  return Number(readConfig(functionDir).runtime.match(/^nodejs(\d+)\.x$/)?.[1]);
}

/**
 * Starts a Node function of a Build Output as Vercel does: only its files, the Node version of its
 * configuration, and an HTTP server around its handler.
 * @throws {UserError} with the end of its log when it does not start
 */
export async function startNodeFunction(functionDir: string, env: Record<string, string>) {
  await ensureNodeVersions();
  const node = findNode(nodeVersionOf(functionDir));
  if ("missing" in node) throw new Error(node.missing);
  const config = readConfig(functionDir);
  // Outside the project, so that the function finds no module that Vercel would not deploy.
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-function-"));
  cpSync(realpathSync(functionDir), folder, { recursive: true });
  for (const [target, source] of Object.entries(config.filePathMap)) {
    mkdirSync(dirname(join(folder, target)), { recursive: true });
    copyFileSync(join(root, source), join(folder, target));
  }
  const port = await freePort();
  const child = await startProcess({
    name: "function",
    command: node.file,
    args: [join(root, "tests/support/serve-function.cjs"), join(folder, config.handler), String(port)],
    env,
    logDir: folder,
    ready: async (signal) => {
      while (!(await isAnswering(LOOPBACK, port))) await sleep(50, undefined, { signal });
    },
  });
  return {
    url: `http://${LOOPBACK}:${port}`,
    async stop() {
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function readConfig(functionDir: string): FunctionConfig {
  return JSON.parse(readFileSync(join(functionDir, ".vc-config.json"), "utf8"));
}
