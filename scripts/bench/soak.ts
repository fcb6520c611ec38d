import { setTimeout as sleep } from "node:timers/promises";
import { freePort, LOOPBACK } from "../lib/ports";
import { messageOf } from "../lib/user-error";
import { startApp } from "../stack/next";
import { buildForTests, DIST_DIR, startDatabase, testEnv } from "../stack/test-stack";
import { residentBytes } from "./memory";
import { ADDRESS_HEADER, createTraffic } from "./soak-traffic";
import { startSoakUpstream } from "./soak-upstream";
import { computeSpread } from "./statistics";

/** The default of `MAX_BODY_MB`, in bytes. */
const MAX_BODY = 10 * 1024 * 1024;
const VISITORS = 6;
/** Milliseconds. */
const RESPOND_WITHIN = 10_000;
/** How often the traffic pauses. Leaked memory is visible only while no request is running. */
const PAUSES = 12;
/**
 * How long the backend's responses may take to end in a pause. The slow one takes 1,500.
 * Milliseconds.
 */
const QUIET_WITHIN = 3_000;

/**
 * How many times the median of the second third of the pauses the median of the last third may be.
 * A leak of 150 bytes per request exceeds `held` in ten minutes; a leak of one request object per
 * request exceeds it in one minute.
 */
export const MAX_GROWTH = { held: 1.1, resident: 1.15 } as const;

/** Medians of the first, second and last third of the pauses, in bytes. */
export type Thirds = readonly [number, number, number];

export interface SoakResult {
  /** How often each kind of traffic was tried. */
  readonly counts: Readonly<Record<string, number>>;
  readonly unexpected: readonly string[];
  /**
   * The memory of `next start`. `held`: heap and buffers after a garbage collection. `resident`:
   * what the system reports.
   */
  readonly memory: { readonly held: Thirds; readonly resident: Thirds };
  /**
   * Requests that were still open at the backend in a pause, after all clients had disconnected.
   */
  readonly leftOpen: number;
}

/**
 * Sends mixed traffic to the gate in `next start` for this many minutes, and checks every response.
 * `report` receives a progress line in each pause.
 */
export async function runSoak(
  minutes: number,
  report: (line: string) => void = () => {},
): Promise<SoakResult> {
  await buildForTests();
  const database = await startDatabase();
  const upstream = await startSoakUpstream();
  const port = await freePort();
  const probePort = await freePort();
  const origin = `http://${LOOPBACK}:${port}`;
  const env = testEnv({
    ...database.env,
    BETTER_AUTH_URL: origin,
    BACKEND_URL: upstream.url,
    CLIENT_ADDRESS_HEADER: ADDRESS_HEADER,
    NODE_OPTIONS: "--require ./scripts/bench/heap-probe.cjs",
    HEAP_PROBE_PORT: String(probePort),
  });
  const app = await startApp({ env, distDir: DIST_DIR, port });
  try {
    const traffic = createTraffic(origin, MAX_BODY);
    await traffic.prepare();
    const counts: Record<string, number> = Object.fromEntries(traffic.names.map((name) => [name, 0]));
    const unexpected: string[] = [];
    const held: number[] = [];
    const resident: number[] = [];
    let leftOpen = 0;

    const visit = async (ends: number) => {
      while (performance.now() < ends) {
        const { name, act } = traffic.pick();
        await withTimeout(act()).catch((error) => unexpected.push(`${name}: ${messageOf(error)}`));
        counts[name] = (counts[name] ?? 0) + 1;
      }
    };
    for (let pause = 1; pause <= PAUSES; pause++) {
      const ends = performance.now() + (minutes * 60_000) / PAUSES;
      await Promise.all(Array.from({ length: VISITORS }, () => visit(ends)));
      leftOpen += await countLeftOpen(upstream);
      held.push(Number(await (await fetch(`http://${LOOPBACK}:${probePort}`)).text()));
      resident.push(residentBytes(app.pid));
      report(progress(pause, counts, unexpected, held.at(-1) ?? 0));
    }
    return { counts, unexpected, memory: { held: toThirds(held), resident: toThirds(resident) }, leftOpen };
  } finally {
    await app.stop();
    await upstream.stop();
    await database.stop();
  }
}

/** What is wrong with a result. Empty if everything went well. */
export function findProblems({ unexpected, memory, leftOpen }: SoakResult): string[] {
  const problems = [...new Set(unexpected)];
  for (const kind of ["held", "resident"] as const) {
    const growth = computeGrowth(memory[kind]);
    if (growth > MAX_GROWTH[kind]) {
      problems.push(`memory (${kind}) grew by ${((growth - 1) * 100).toFixed(0)} % after warm-up`);
    }
  }
  if (leftOpen > 0) problems.push(`${leftOpen} requests were left open at the backend`);
  return problems;
}

/** The last third relative to the second. The first third is the warm-up. */
export function computeGrowth([, second, last]: Thirds): number {
  return last / second;
}

/**
 * How many requests are still open at the backend after all clients have had time to disconnect.
 */
async function countLeftOpen({ open }: { open(): number }): Promise<number> {
  const ends = performance.now() + QUIET_WITHIN;
  while (open() > 0 && performance.now() < ends) await sleep(50);
  // Connections that were cut take a moment to close on both sides of the gate.
  await sleep(500);
  return open();
}

/** Fails if no response comes in time. The timer does not keep the process alive. */
function withTimeout(work: Promise<void>): Promise<void> {
  const late = sleep(RESPOND_WITHIN, undefined, { ref: false }).then(() => {
    throw new Error(`no response within ${RESPOND_WITHIN / 1000} s`);
  });
  return Promise.race([work, late]);
}

/** The medians of the first, second and last third of these samples. */
export function toThirds(samples: readonly number[]): Thirds {
  const third = samples.length / 3;
  const median = (from: number, to?: number) => computeSpread(samples.slice(from, to)).median;
  return [median(0, third), median(third, 2 * third), median(2 * third)];
}

function progress(
  pause: number,
  counts: Record<string, number>,
  unexpected: readonly string[],
  held: number,
): string {
  const done = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const memory = (held / 1024 / 1024).toFixed(1);
  return `${pause} of ${PAUSES}: ${done} done, ${unexpected.length} unexpected, ${memory} MB held`;
}
