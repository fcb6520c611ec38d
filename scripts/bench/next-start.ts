import path from "node:path";
import { decodeJwt } from "jose";
import { freePort, LOOPBACK } from "../lib/ports";
import { type RunningProcess, respondsAt, startProcess } from "../lib/process";
import { root } from "../lib/root";
import { startBackend } from "../stack/backend";
import { testEnv } from "../stack/test-stack";
import { type Case, type Databases, HTTP, SETTINGS } from "./case";
import { contenderEnv, mintToken } from "./contender-env";
import { run } from "./http-client";
import { residentBytes } from "./memory";
import { balanceOrder } from "./statistics";
import { browserHeaders, type CookiesOf, cookieHeader, USER_ID } from "./visitors";

/** Measures `next start` of each build over real HTTP, in front of one cheap backend. */

/** Requests to FastAPI in each round. */
const FASTAPI_REQUESTS = 200;

interface Server {
  readonly origin: string;
  readonly process: RunningProcess;
}

/** One round of a case. */
interface Round {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p99: number;
}

/**
 * Measures each case. Returns for each one a list with one value per round, and the resident memory
 * of its server at the end, in bytes. The last list is that of FastAPI without a gate.
 * @throws when a response is not the expected one
 */
export async function measureNextStart(
  cases: readonly Case[],
  databases: Databases,
  cookiesOf: CookiesOf,
  rounds: number,
) {
  const upstream = await startUpstream();
  // One server for each case, and so several for the gate: the requests of one case would warm up
  // another.
  const servers = new Map<Case, Server>();
  for (const it of cases) {
    servers.set(it, await startNext(it, await contenderEnv(it, databases, { BACKEND_URL: upstream.origin })));
  }
  const fastapi = await startBackend({
    port: await freePort(),
    env: testEnv({ ...SETTINGS, BACKEND_SQLITE: path.join(root, ".data/bench/tasks.sqlite") }),
  });

  const known = await cookieHeader("known", { secure: true, cached: true });
  for (const { origin } of servers.values()) {
    await run(HTTP.concurrency, HTTP.warmUp, () => [`${origin}/backend/api/tasks`, browserHeaders(known)]);
  }

  const lanes = cases.map((it) => measureThrough(it, (servers.get(it) as Server).origin, cookiesOf));
  lanes.push(() => measureFastApi(fastapi.url));
  const measured = lanes.map((): Round[] => []);
  for (const lane of lanes) await lane();
  for (let round = 0; round < rounds; round++) {
    for (const lane of balanceOrder(lanes, round)) measured[lanes.indexOf(lane)]?.push(await lane());
  }

  const memory = cases.map((it) => residentBytes((servers.get(it) as Server).process.pid));
  const processes = [...servers.values(), upstream].map((server) => server.process);
  await Promise.all([...processes, fastapi].map((running) => running.stop()));
  return {
    perSecond: measured.map((own) => own.map(({ perSecond }) => perSecond)),
    p99: measured.map((own) => own.map(({ p99 }) => p99)),
    memory,
  };
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

function measureThrough(it: Case, origin: string, cookiesOf: CookiesOf): () => Promise<Round> {
  const cookies = cookiesOf(it);
  return async () => {
    const { responses, ...round } = await run(HTTP.concurrency, it.httpRequests, (n) => [
      `${origin}/backend/api/tasks?page=${n}`,
      browserHeaders(cookies()),
    ]);
    for (const [n, { status, body }] of responses.entries()) check(it, n, status, body);
    return round;
  };
}

async function measureFastApi(url: string): Promise<Round> {
  const headers = { ...browserHeaders(""), authorization: `Bearer ${await mintToken()}` };
  const { responses, ...round } = await run(HTTP.concurrency, FASTAPI_REQUESTS, () => [
    `${url}/api/tasks`,
    headers,
  ]);
  const failed = responses.find(({ status }) => status !== 200);
  if (failed) throw new Error(`FastAPI directly: status ${failed.status}: ${failed.body}`);
  return round;
}

/** @throws unless the backend received the right request, with a token of the right user */
function check(it: Case, n: number, status: number, body: string): void {
  if (status !== 200) throw new Error(`${it.name}: status ${status}: ${body}`);
  const { url, authorization } = JSON.parse(body);
  if (url !== `/api/tasks?page=${n}`) throw new Error(`${it.name}: the backend received ${url}`);
  if (it.authorizes && decodeJwt(String(authorization).replace("Bearer ", "")).sub !== USER_ID) {
    throw new Error(`${it.name}: the token is not the visitor's`);
  }
}
