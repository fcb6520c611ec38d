import { messageOf } from "../../lib/user-error";
import { Broken, type Check, Untold } from "./check";
import type { World } from "./world";

export interface Result {
  readonly check: Check;
  readonly status: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped; empty otherwise. */
  readonly detail: string;
}

interface Watch {
  begins?(check: Check): void;
  ended?(result: Result): void;
  /** No check starts after this signal. */
  signal?: AbortSignal;
}

/** Runs the checks one after the other, so that the deployment gets little load. */
export async function runChecks(
  world: World,
  checks: readonly Check[],
  watch: Watch = {},
): Promise<Result[]> {
  const results: Result[] = [];
  for (const check of checks) {
    if (watch.signal?.aborted) break;
    watch.begins?.(check);
    const result = await runCheck(world, check);
    watch.ended?.(result);
    results.push(result);
  }
  return results;
}

async function runCheck(world: World, check: Check): Promise<Result> {
  try {
    await check.run(world);
    return { check, status: "passed", detail: "" };
  } catch (error) {
    if (error instanceof Untold) return { check, status: "skipped", detail: error.message };
    if (error instanceof Broken) return { check, status: "failed", detail: error.message };
    // A broken connection, or a response that cannot be parsed: the promise is not kept either.
    return { check, status: "failed", detail: `no usable answer: ${messageOf(error)}` };
  }
}

export function count(results: readonly Result[]) {
  const of = (status: Result["status"]) => results.filter((result) => result.status === status).length;
  return { passed: of("passed"), failed: of("failed"), skipped: of("skipped") };
}
