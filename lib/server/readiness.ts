import "server-only";
import { isRecent } from "../is-recent";
import { describeError } from "../log/describe-error";
import type { Log } from "../log/log";
import type { RequestTrace } from "../log/request-trace";
import { apiLogFields } from "./api-log-fields";

/** Tests whether a part of the deployment works. Rejects, or never settles, if it does not. */
export type Probe = () => Promise<unknown>;

export interface ReadinessOptions<Part extends string> {
  readonly probes: Readonly<Record<Part, Probe>>;
  readonly now: () => number;
  /** Resolves after `ms` milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
  readonly log: Log;
}

export type PartState = "ok" | "failing" | "timeout";
type States<Part extends string> = Record<Part, PartState>;
interface Outcome {
  readonly state: PartState;
  readonly reason?: string;
}

/** A part that has not responded after this time counts as `timeout`. Milliseconds. */
const TIMEOUT = 2_000;
/** How long a result is reused for all callers. Milliseconds. */
const REUSE_FOR = 1_000;

/**
 * Creates the readiness check of all parts. Only one check runs at a time, and a result is reused
 * for one second.
 *
 * Attack: a health check is open to everyone, so a flood of requests could become a flood of
 * database queries. Defence: all callers share one check and its result.
 */
export function createReadiness<Part extends string>(options: ReadinessOptions<Part>) {
  const { probes, now, wait, log } = options;
  const names = Object.keys(probes) as Part[];
  let last: { states: Promise<States<Part>>; completedAt?: number } | undefined;

  async function probe(name: Part): Promise<Outcome> {
    const timeout = wait(TIMEOUT).then((): Outcome => ({ state: "timeout" }));
    const result = probes[name]().then(
      (): Outcome => ({ state: "ok" }),
      (error): Outcome => ({ state: "failing", reason: describeError(error) }),
    );
    return Promise.race([result, timeout]);
  }

  async function probeAll(trace: RequestTrace): Promise<States<Part>> {
    const outcomes = await Promise.all(names.map(probe));
    const states = Object.fromEntries(names.map((name, i) => [name, outcomes[i]?.state])) as States<Part>;
    if (!isReady(states)) {
      const what = names.map((name) => `${name} ${states[name]}`).join(", ");
      const error = outcomes.flatMap(({ reason }) => reason ?? []).join("; ") || undefined;
      log({ ...apiLogFields(trace), code: "not_ready", status: 503, what, error });
    }
    return states;
  }

  return function readiness(trace: RequestTrace): Promise<States<Part>> {
    if (last && (last.completedAt === undefined || isRecent(last.completedAt, now(), REUSE_FOR)))
      return last.states;
    const check: typeof last = { states: probeAll(trace) };
    void check.states.then(() => {
      check.completedAt = now();
    });
    last = check;
    return check.states;
  };
}

export function isReady(states: Readonly<Record<string, string>>): boolean {
  return Object.values(states).every((state) => state === "ok");
}
