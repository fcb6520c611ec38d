import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { parseEnv } from "../../lib/env";
import { readClientConfig } from "../../lib/server/postgres/client-config";
import { freePort, LOOPBACK } from "../lib/ports";
import { migrate } from "../stack/migrate";
import { startApp } from "../stack/next";
import { startPlainPostgres } from "../stack/plain-postgres";
import { sessionToken, signSessionToken } from "../stack/signing";
import { buildForTests, DIST_DIR, testEnv } from "../stack/test-stack";
import { requirePostgres } from "./databases";
import { residentBytes } from "./memory";
import { computeGrowth, MAX_GROWTH, type Thirds, toThirds } from "./soak";
import { computePercentile } from "./statistics";

const SESSIONS = 1_000;
/** The traffic pauses after each part, because memory can be compared only while nothing runs. */
const PARTS = 12;
/** Postgres restarts at the beginning of this part, while requests arrive. */
const RESTART_IN = 6;
const CONNECTIONS = 100;
/** How often requests are sent. Milliseconds. */
const TICK = 10;

export interface LookupSoakResult {
  /** How often each status occurred, apart from the time of the restart, and during it. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly statusesInRestart: Readonly<Record<string, number>>;
  /** Requests per second that were sent. */
  readonly perSecond: number;
  /** Transactions per second that Postgres has counted: each lookup is one. */
  readonly transactionsPerSecond: number;
  /** Milliseconds. */
  readonly latency: { readonly p50: number; readonly p99: number };
  readonly memory: { readonly held: Thirds; readonly resident: Thirds };
}

interface SoakSettings {
  /** Lookups per second. */
  readonly rate: number;
  readonly minutes: number;
  readonly report: (line: string) => void;
}

/**
 * Sends requests at a fixed rate to `next start` on a PostgreSQL that is not Neon's. Each of them
 * makes the gate look up a session, and nothing else: a signed-in visitor of the sign-in page gets a
 * redirect. In the middle Postgres restarts.
 */
export async function runLookupSoak({ rate, minutes, report }: SoakSettings): Promise<LookupSoakResult> {
  const postgres = await startPlainPostgres(requirePostgres());
  const [port, probePort] = [await freePort(), await freePort()];
  const origin = `http://${LOOPBACK}:${port}`;
  const env = testEnv({
    DATABASE_URL: postgres.url,
    BETTER_AUTH_URL: origin,
    SESSION_MAX_STALE_SECONDS: "0",
    NODE_OPTIONS: "--require ./scripts/bench/heap-probe.cjs",
    HEAP_PROBE_PORT: String(probePort),
  });
  await migrate(parseEnv(env));
  await buildForTests();
  const cookies = await createSessions(postgres.url);
  const app = await startApp({ env, distDir: DIST_DIR, port });
  try {
    const traffic = createTraffic(`${origin}/login`, cookies);
    // The first requests compile the code, and open the connections.
    await traffic.send(rate, 3_000, () => ({}), []);
    const statuses: Record<string, number> = {};
    const statusesInRestart: Record<string, number> = {};
    const latencies: number[] = [];
    const held: number[] = [];
    const resident: number[] = [];
    const transactionsBefore = await countTransactions(postgres.url);
    let seconds = 0;
    for (let part = 1; part <= PARTS; part++) {
      const isRestart = part === RESTART_IN;
      const restarting = isRestart ? postgres.restart() : undefined;
      let counted = isRestart ? statusesInRestart : statuses;
      void restarting?.then(() => {
        counted = statuses;
      });
      const began = performance.now();
      await traffic.send(rate, (minutes * 60_000) / PARTS, () => counted, isRestart ? [] : latencies);
      seconds += (performance.now() - began) / 1000;
      await restarting;
      await sleep(500);
      held.push(Number(await (await fetch(`http://${LOOPBACK}:${probePort}`)).text()));
      resident.push(residentBytes(app.pid));
      report(
        `${part} of ${PARTS}: ${JSON.stringify(statuses)}, ${((held.at(-1) ?? 0) / 1024 / 1024).toFixed(1)} MB held`,
      );
    }
    const sent = sum(statuses) + sum(statusesInRestart);
    return {
      statuses,
      statusesInRestart,
      perSecond: sent / seconds,
      transactionsPerSecond: ((await countTransactions(postgres.url)) - transactionsBefore) / seconds,
      latency: { p50: computePercentile(latencies, 0.5), p99: computePercentile(latencies, 0.99) },
      memory: { held: toThirds(held), resident: toThirds(resident) },
    };
  } finally {
    await app.stop();
    await postgres.close();
  }
}

/** What is wrong with a result. Empty if everything went well. */
export function findLookupProblems(result: LookupSoakResult, rate: number): string[] {
  const problems: string[] = [];
  const { statuses, statusesInRestart, perSecond, memory } = result;
  const isUnexpected = (status: string) => status !== REDIRECT;
  if (Object.keys(statuses).some(isUnexpected))
    problems.push(`unexpected responses: ${JSON.stringify(statuses)}`);
  // Lookups wait for a database that restarts (lib/server/postgres/retry-after-restart.ts).
  if (Object.keys(statusesInRestart).some(isUnexpected))
    problems.push(`unexpected responses during the restart: ${JSON.stringify(statusesInRestart)}`);
  if (perSecond < rate * 0.95) problems.push(`only ${perSecond.toFixed(0)} requests per second were sent`);
  for (const kind of ["held", "resident"] as const) {
    const growth = computeGrowth(memory[kind]);
    if (growth > MAX_GROWTH[kind]) problems.push(`memory (${kind}) grew × ${growth.toFixed(2)}`);
  }
  return problems;
}

/** The gate redirects a signed-in visitor away from the sign-in page, and shows the page in an outage. */
const REDIRECT = "307";

/** Returns the `Cookie` header of each session. */
async function createSessions(url: string): Promise<string[]> {
  const names = Array.from({ length: SESSIONS }, (_, n) => `soak-${n}`);
  const client = new Client(readClientConfig(url));
  await client.connect();
  await client.query(
    `insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
     values ('soak', 'Ada', 'soak@example.com', true, now(), now())`,
  );
  await client.query(
    `insert into session (id, token, "userId", "expiresAt", "createdAt", "updatedAt")
     select 'id-' || token, token, 'soak', now() + interval '7 days', now(), now()
     from unnest($1::text[]) as token`,
    [names.map(sessionToken)],
  );
  await client.query("analyze");
  await client.end();
  return Promise.all(names.map(async (name) => `better-auth.session_token=${await signSessionToken(name)}`));
}

function createTraffic(url: string, cookies: readonly string[]) {
  // On a machine that is too slow for the rate, requests wait here: more connections at once than
  // the server's backlog would be reset.
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let next = 0;
  const sendOne = () =>
    new Promise<string>((resolve) => {
      const cookie = cookies[next++ % cookies.length] ?? "";
      const sent = request(url, { agent, headers: { cookie, accept: "text/html" } }, (response) => {
        response.resume().on("end", () => resolve(String(response.statusCode)));
      });
      sent.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
    });

  return {
    /** Sends at this rate whether or not responses arrive, and then waits for the last ones. */
    async send(rate: number, ms: number, counts: () => Record<string, number>, latencies: number[]) {
      const open = new Set<Promise<void>>();
      const began = performance.now();
      let count = 0;
      for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - began) {
        for (; count < (elapsed * rate) / 1000; count++) {
          const [at, counted] = [performance.now(), counts()];
          const done = sendOne().then((status) => {
            counted[status] = (counted[status] ?? 0) + 1;
            latencies.push(performance.now() - at);
            open.delete(done);
          });
          open.add(done);
        }
        await sleep(TICK);
      }
      await Promise.all(open);
    },
  };
}

async function countTransactions(url: string): Promise<number> {
  const client = new Client(readClientConfig(url));
  await client.connect();
  // Each connection reports its numbers after a second (PostgreSQL docs, "Cumulative Statistics").
  await sleep(1_500);
  const { rows } = await client.query(
    "select sum(xact_commit)::int as count from pg_stat_database where datname = current_database()",
  );
  await client.end();
  return rows[0].count;
}

const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((total, count) => total + count, 0);
