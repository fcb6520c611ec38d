import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sessionCookieNames } from "../../edge/session/cookies";
import { startSoakUpstream } from "../../scripts/bench/soak-upstream";
import { storeSessions } from "../../scripts/bench/visitors";
import { CookieJar } from "../../scripts/simulation/cookie-jar";
import { type Caller, PATHS } from "../../scripts/simulation/isolate";
import type { Parameters } from "../../scripts/simulation/parameters";
import { playPageViews } from "../../scripts/simulation/play-page-views";
import {
  type Counts,
  pageViewsOf,
  runSimulation,
  type Source,
} from "../../scripts/simulation/run-simulation";
import { buildApp } from "../../scripts/stack/next";
import { signSessionToken } from "../../scripts/stack/signing";
import { type App, startApp, startDatabase, testEnv } from "../../scripts/stack/test-stack";
import { startCollector } from "../fixtures/collector";
import { startQueryCounter } from "../fixtures/query-counter";

/**
 * Three instances of the built app receive the requests of a simulation in real time. Both have the
 * same page views, and each request goes to the same instance. Traces show where each instance has
 * found the session.
 */

/** As a simulation of one region with three isolates that live for ever. */
const parameters: Parameters = {
  traffic: {
    idleSeconds: 40,
    pagesPerVisit: 4,
    viewSeconds: 6,
    // Replaced by that of the real run: it depends on the speed of the machine.
    pageSeconds: 0,
    callsAtOnce: 1,
    callsLater: 2,
  },
  users: 120,
  roundTrips: [10],
  isolatesPerRegion: 3,
  isolateLifetimeSeconds: Number.POSITIVE_INFINITY,
  memoryCapacity: 5_000,
  maxStaleSeconds: 10,
  warmUpSeconds: 15,
  measuredSeconds: 90,
  revocations: 0,
  seed: 1,
};

const DIST_DIR = ".next-simulation";

let collector: Awaited<ReturnType<typeof startCollector>>;
let upstream: Awaited<ReturnType<typeof startSoakUpstream>>;
let database: Awaited<ReturnType<typeof startDatabase>>;
let counter: Awaited<ReturnType<typeof startQueryCounter>>;
let instances: App[] = [];

beforeAll(async () => {
  [collector, upstream, database] = await Promise.all([
    startCollector(),
    startSoakUpstream(),
    startDatabase(),
  ]);
  counter = await startQueryCounter(database.env.NEON_ENDPOINT);
  const env = {
    BACKEND_URL: upstream.url,
    NEON_ENDPOINT: counter.url,
    SESSION_MAX_STALE_SECONDS: String(parameters.maxStaleSeconds),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  };
  await buildApp({ env: testEnv(env), distDir: DIST_DIR });
  const start = () => startApp(env, database, { distDir: DIST_DIR });
  instances = [await start(), await start(), await start()];
}, 600_000);
afterAll(async () => {
  for (const instance of instances) await instance.stop();
  await counter?.stop();
  await database?.stop();
  await upstream?.stop();
  await collector?.stop();
});

it("three instances have the lookups and hit rates of the simulation, within 10 %", async () => {
  const { pageSeconds, ...real } = await runReally();
  const simulated = await runSimulation({
    ...parameters,
    traffic: { ...parameters.traffic, pageSeconds },
  });
  const describe = ({ requests, lookups, sources }: Counts) =>
    `${requests} requests, ${lookups} lookups, ${JSON.stringify(sources)}`;
  console.log(`simulated: ${describe(simulated)}\nreal:      ${describe(real)}, pages in ${pageSeconds} s`);

  const expectSame = (name: string, read: (counts: Counts) => number) => {
    const ratio = read(real) / read(simulated);
    expect(Math.abs(ratio - 1), `${name}: ${ratio}`).toBeLessThan(0.1);
  };
  expectSame("requests", ({ requests }) => requests);
  expectSame("lookups per second", ({ lookups }) => lookups / parameters.measuredSeconds);
  for (const source of ["memory", "cookie", "store"] as const) {
    expectSame(`hit rate of ${source}`, ({ requests, sources }) => sources[source] / requests);
  }
}, 300_000);

/**
 * Sends the requests of all users in real time, and counts those of the measured time.
 * `pageSeconds`: the mean time of a page.
 */
async function runReally(): Promise<Counts & { pageSeconds: number }> {
  const { users, warmUpSeconds, measuredSeconds } = parameters;
  const ends = warmUpSeconds + measuredSeconds;
  const tokens = Array.from({ length: users }, (_, index) => `user${index}`);
  await storeSessions(database.url, tokens);
  const began = Date.now();
  const seconds = () => (Date.now() - began) / 1000;
  const requestIds: string[] = [];
  const pageTimes: number[] = [];
  const problems: string[] = [];

  const at = (time: number, run: () => void) => {
    if (time < ends) setTimeout(run, Math.max(0, (time - seconds()) * 1000));
  };
  const send = async (jar: CookieJar, route: number, caller: Caller) => {
    const sent = seconds();
    const isMeasured = sent >= warmUpSeconds && sent < ends;
    const { origin } = instances[Math.floor(route * instances.length)] as App;
    const headers = { cookie: jar.header(Date.now()), accept: caller === "page" ? "text/html" : "*/*" };
    const response = await fetch(origin + PATHS[caller], { headers, redirect: "manual" });
    await response.arrayBuffer();
    if (response.status !== 200) problems.push(`${caller}: ${response.status}`);
    jar.store(response.headers.getSetCookie(), Date.now());
    if (caller === "page") pageTimes.push(seconds() - sent);
    if (isMeasured) requestIds.push(String(response.headers.get("x-request-id")));
  };
  for (const [index, token] of tokens.entries()) {
    const jar = new CookieJar();
    jar.store([`${sessionCookieNames(false).token}=${await signSessionToken(token)}`], Date.now());
    playPageViews(pageViewsOf(index, parameters), {
      at,
      send: ({ route }, caller, onResponse) =>
        void send(jar, route, caller).then(onResponse, (error) => problems.push(String(error))),
    });
  }

  await sleep(warmUpSeconds * 1000);
  const before = countLookups();
  await sleep((ends - seconds()) * 1000);
  const lookups = countLookups() - before;
  const found = await readSources(requestIds);
  expect(problems).toEqual([]);
  const sources: Record<Source, number> = { memory: 0, cookie: 0, store: 0 };
  for (const id of requestIds) sources[found.get(id) as Source]++;
  const pageSeconds = pageTimes.reduce((sum, time) => sum + time, 0) / pageTimes.length;
  return { requests: requestIds.length, lookups, sources, pageSeconds };
}

/** The gate's lookups are its only statements that begin like this. */
function countLookups(): number {
  return counter.queries.filter((query) => query.startsWith("with found as")).length;
}

/** Waits for the spans of these requests. Returns the source of each session, by request ID. */
async function readSources(requestIds: readonly string[]): Promise<Map<string, Source>> {
  const collect = () =>
    new Map(
      collector.spans.flatMap(({ name, attributes }): [string, Source][] => {
        const read = (wanted: string) =>
          attributes.find(({ key }) => key === wanted)?.value.stringValue as string;
        const source = read("gatehouse.session.source");
        return name === "session" && source ? [[read("gatehouse.request_id"), source as Source]] : [];
      }),
    );
  await expect.poll(() => requestIds.filter((id) => !collect().has(id)).length).toBe(0);
  return collect();
}
