import { setTimeout as sleep } from "node:timers/promises";
import { buildApp, startApp } from "../scripts/lib/next";
import { freePort, LOOPBACK } from "../scripts/lib/ports";
import { messageOf } from "../scripts/lib/user-error";
import { DIST_DIR, startDatabase, testEnv } from "../tests/support/stack";
import { residentBytes } from "./memory";
import { ADDRESS_HEADER, createTraffic } from "./soak-traffic";
import { startSoakUpstream } from "./soak-upstream";
import { spread } from "./statistics";

/** The default of `MAX_BODY_MB`. */
const MAX_BODY = 10 * 1024 * 1024;
const VISITORS = 6;
/** Milliseconds. */
const ANSWER_WITHIN = 10_000;

/**
 * By how much the memory's median in the last third of the time may be above that in the second third. A process
 * that leaks by the request goes over it within minutes; the collector's moods stay below.
 */
export const MAX_GROWTH = 1.15;

export interface SoakResult {
  /** How often each kind of traffic was tried. */
  readonly counts: Readonly<Record<string, number>>;
  readonly unexpected: readonly string[];
  /** Medians of the resident memory of `next start`, in bytes, in each third of the time. */
  readonly memory: readonly [number, number, number];
  /** Requests that the backend still held after everybody had gone. */
  readonly leftOpen: number;
}

/** Holds mixed traffic on the gate in `next start` for a while, and checks every answer. */
export async function soak(minutes: number, report: (line: string) => void = () => {}): Promise<SoakResult> {
  await buildApp({ env: testEnv({}), distDir: DIST_DIR });
  const database = await startDatabase();
  const upstream = await startSoakUpstream();
  const port = await freePort();
  const origin = `http://${LOOPBACK}:${port}`;
  const env = testEnv({
    ...database.env,
    BETTER_AUTH_URL: origin,
    BACKEND_URL: upstream.url,
    CLIENT_ADDRESS_HEADER: ADDRESS_HEADER,
  });
  const app = await startApp({ env, distDir: DIST_DIR, port });
  try {
    const traffic = createTraffic(origin, MAX_BODY);
    await traffic.prepare();
    const counts: Record<string, number> = Object.fromEntries(traffic.names.map((name) => [name, 0]));
    const unexpected: string[] = [];
    const samples: number[] = [];
    const ends = performance.now() + minutes * 60_000;

    const visit = async () => {
      while (performance.now() < ends) {
        const { name, act } = traffic.pick();
        await inTime(act()).catch((error) => unexpected.push(`${name}: ${messageOf(error)}`));
        counts[name] = (counts[name] ?? 0) + 1;
      }
    };
    const watch = async () => {
      for (let second = 1; performance.now() < ends; second++) {
        await sleep(1_000);
        samples.push(residentBytes(app.pid));
        if (second % 5 === 0) report(progress(ends, counts, unexpected, samples));
      }
    };
    await Promise.all([watch(), ...Array.from({ length: VISITORS }, visit)]);
    // The slow answer ends by itself after that long, and nothing may be left.
    await sleep(2_500);
    return { counts, unexpected, memory: thirds(samples), leftOpen: upstream.open() };
  } finally {
    await app.stop();
    await upstream.stop();
    await database.stop();
  }
}

/** What is wrong with a result: nothing, if all went well. */
export function faultsOf({ unexpected, memory, leftOpen }: SoakResult): string[] {
  const faults = [...new Set(unexpected)];
  const growth = memory[2] / memory[1];
  if (growth > MAX_GROWTH) faults.push(`memory grew by ${((growth - 1) * 100).toFixed(0)} % after warm-up`);
  if (leftOpen > 0) faults.push(`${leftOpen} requests were left open at the backend`);
  return faults;
}

/** An answer that never comes is no answer. The timer ends with the process at the latest. */
function inTime(work: Promise<void>): Promise<void> {
  const late = sleep(ANSWER_WITHIN, undefined, { ref: false }).then(() => {
    throw new Error(`no answer within ${ANSWER_WITHIN / 1000} s`);
  });
  return Promise.race([work, late]);
}

function thirds(samples: readonly number[]): [number, number, number] {
  const third = Math.max(1, Math.floor(samples.length / 3));
  const median = (from: number, to?: number) => spread(samples.slice(from, to)).median;
  return [median(0, third), median(third, 2 * third), median(2 * third)];
}

function progress(
  ends: number,
  counts: Record<string, number>,
  unexpected: readonly string[],
  samples: readonly number[],
): string {
  const left = Math.max(0, Math.round((ends - performance.now()) / 1000));
  const done = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const memory = ((samples.at(-1) ?? 0) / 1024 / 1024).toFixed(0);
  return `${left} s left: ${done} done, ${unexpected.length} unexpected, ${memory} MB`;
}
