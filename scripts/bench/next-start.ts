import path from "node:path";
import { decodeJwt } from "jose";
import { parseEnv } from "../../lib/env";
import { identityOf } from "../../lib/token/contract";
import { createMinter } from "../../lib/token/mint";
import { freePort, LOOPBACK } from "../lib/ports";
import { type RunningProcess, respondsAt, startProcess } from "../lib/process";
import { root } from "../lib/root";
import { startBackend } from "../stack/backend";
import { testEnv } from "../stack/test-stack";
import { type Case, type Database, SETTINGS } from "./case";
import { run } from "./http-client";
import { residentBytes } from "./memory";
import { rotate } from "./statistics";
import { browserHeaders, type CookiesOf, cookieHeader, USER_ID } from "./visitors";

/** Measures `next start` of each build over real HTTP, in front of one cheap backend. */

const CONCURRENCY = 16;
/** Requests of the known visitor that each server handles before the first round. */
const WARM_UP = 6_000;

interface Server {
  readonly origin: string;
  readonly process: RunningProcess;
}

async function startUpstream(): Promise<Server> {
  const port = await freePort();
  const origin = `http://${LOOPBACK}:${port}`;
  const process_ = await startProcess({
    name: "bench-upstream",
    command: process.execPath,
    args: [path.join(root, "scripts/bench/upstream.mjs"), String(port)],
    ready: respondsAt(origin),
  });
  return { origin, process: process_ };
}

async function startNext({ name, built }: Case, env: Record<string, string>): Promise<Server> {
  const port = await freePort();
  const origin = `http://${LOOPBACK}:${port}`;
  const next = path.join(root, "node_modules/next/dist/bin/next");
  const started = await startProcess({
    name: `bench-next-${name.replaceAll(/[^a-z]+/gi, "-")}`,
    command: process.execPath,
    args: [next, "start", "--hostname", LOOPBACK, "--port", String(port)],
    cwd: built.app,
    env: { ...env, NODE_ENV: "production", NEXT_DIST_DIR: built.distDir, NEXT_TELEMETRY_DISABLED: "1" },
    ready: respondsAt(`${origin}/api/health`),
  });
  return { origin, process: started };
}

/**
 * Measures requests per second (one list per case, one value per round; the last list is FastAPI
 * without a gate) and the resident memory of each server at the end, in bytes.
 * @throws when a response is not the expected one
 */
export async function measureNextStart(
  cases: readonly Case[],
  database: Database,
  cookiesOf: CookiesOf,
  rounds: number,
) {
  const upstream = await startUpstream();
  const env = testEnv({ ...SETTINGS, BACKEND_URL: upstream.origin, ...database.env });
  // One server for each case, and so three for the gate: the requests of one case would warm up
  // another.
  const servers = new Map<Case, Server>();
  for (const it of cases) servers.set(it, await startNext(it, env));
  const fastapi = await startBackend({
    port: await freePort(),
    env: { ...env, BACKEND_SQLITE: path.join(root, ".data/bench/tasks.sqlite") },
  });

  const known = await cookieHeader("known", { secure: true, cached: true });
  for (const { origin } of servers.values()) {
    await run(CONCURRENCY, WARM_UP, () => [`${origin}/backend/api/tasks`, browserHeaders(known)]);
  }

  const lanes = cases.map((it) => {
    const { origin } = servers.get(it) as Server;
    const cookies = cookiesOf(it);
    return async (): Promise<number> => {
      const { responses, perSecond } = await run(CONCURRENCY, it.httpRequests, (n) => [
        `${origin}/backend/api/tasks?page=${n}`,
        browserHeaders(cookies()),
      ]);
      for (const [n, { status, body }] of responses.entries()) check(it, n, status, body);
      return perSecond;
    };
  });
  const { jwt } = parseEnv(env);
  const ada = { id: USER_ID, email: "ada@example.com", name: "Ada" };
  const identity = identityOf(ada, { id: "bench" });
  const token = await createMinter(jwt, () => crypto.randomUUID())(identity, { issuedAt: Date.now() });
  lanes.push(async () => {
    const headers = browserHeaders("");
    headers.authorization = `Bearer ${token.jwt}`;
    const { responses, perSecond } = await run(CONCURRENCY, 200, () => [`${fastapi.url}/api/tasks`, headers]);
    const failed = responses.find(({ status }) => status !== 200);
    if (failed) throw new Error(`FastAPI directly: status ${failed.status}: ${failed.body}`);
    return perSecond;
  });

  const perSecond = lanes.map((): number[] => []);
  for (const lane of lanes) await lane();
  for (let round = 0; round < rounds; round++) {
    for (const lane of rotate(lanes, round)) perSecond[lanes.indexOf(lane)]?.push(await lane());
  }
  const memory = cases.map((it) => residentBytes((servers.get(it) as Server).process.pid));
  const processes = [...servers.values(), upstream].map((server) => server.process);
  await Promise.all([...processes, fastapi].map((running) => running.stop()));
  return { perSecond, memory };
}

/** @throws unless the backend received the right request, with a token of the right user */
function check(it: Case, n: number, status: number, body: string): void {
  if (status !== 200) throw new Error(`${it.name}: status ${status}: ${body}`);
  const { url, authorization } = JSON.parse(body);
  if (url !== `/api/tasks?page=${n}`)
    throw new Error(`${it.name}: the backend received a request for ${url}`);
  if (it.authorizes && decodeJwt(String(authorization).replace("Bearer ", "")).sub !== USER_ID) {
    throw new Error(`${it.name}: the token is not the visitor's`);
  }
}
