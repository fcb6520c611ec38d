import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Backend as BackendData, type Routes, routes } from "../../lib/routes";
import { freePort } from "../lib/ports";
import type { Environment } from "../lib/process";
import { ensureVenv, startBackend } from "./backend";

const [, ...others]: Routes["backends"] = routes.backends;

export interface OtherBackends {
  /** The variables with their addresses. */
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

/**
 * Starts the reference FastAPI for each backend after the first, with that backend's audience. An
 * account can be deleted only if every backend responds. Most apps have one backend, and then this
 * starts nothing.
 *
 * @param env the variables of the gate
 */
export async function startOtherBackends(env: Environment): Promise<OtherBackends> {
  if (others.length === 0) return { env: {}, stop: async () => undefined };
  await ensureVenv();
  const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-others-"));
  const started = await Promise.all(others.map((backend) => start(backend, env, folder)));
  return {
    env: Object.fromEntries(started.map(({ address, url }) => [address, url])),
    async stop() {
      await Promise.all(started.map(({ stop }) => stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function start({ address, audience = "" }: BackendData, env: Environment, folder: string) {
  const logDir = path.join(folder, address);
  const variables = {
    ...env,
    JWT_AUDIENCE: audience,
    BACKEND_SQLITE: path.join(folder, `${address}.sqlite`),
  };
  return { address, ...(await startBackend({ port: await freePort(), env: variables, logDir })) };
}
