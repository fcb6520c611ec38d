import { messageOf } from "../lib/user-error";
import { type Check, CheckFailed, CheckSkipped, failed, type Outcome, passed, skipped } from "./check";

/** A check and its outcome. */
export type Result = Pick<Check<never>, "id" | "title" | "source"> & Outcome;

export interface Progress {
  onStart?(check: Pick<Result, "title">): void;
  onEnd?(result: Result): void;
  /** No check starts after this signal. */
  signal?: AbortSignal;
}

/** Runs the checks one after the other, so that the deployment gets little load. */
export async function runChecks<Context>(
  checks: readonly Check<Context>[],
  context: Context,
  { onStart, onEnd, signal }: Progress = {},
): Promise<Result[]> {
  const results: Result[] = [];
  for (const check of checks) {
    if (signal?.aborted) break;
    onStart?.(check);
    const missing = results.find(({ id, status }) => check.needs?.includes(id) && !isUsable(status));
    const outcome = missing ? skipped(`it needs "${missing.title}"`) : await runCheck(check, context);
    const { id, title, source } = check;
    const result = { id, title, ...(source && { source }), ...outcome };
    onEnd?.(result);
    results.push(result);
  }
  return results;
}

async function runCheck<Context>(check: Check<Context>, context: Context): Promise<Outcome> {
  const { fix = "Report this message as a bug of the check" } = check;
  try {
    return (await check.run(context)) ?? passed();
  } catch (error) {
    if (error instanceof CheckSkipped) return skipped(error.message);
    if (error instanceof CheckFailed) return failed(error.message, fix);
    // A broken connection, or a response that cannot be parsed. A check that throws has not passed.
    return failed(`the check could not be completed: ${messageOf(error)}`, fix);
  }
}

const isUsable = (status: Result["status"]) => status === "passed" || status === "warning";

/** The number of checks in each state. */
export function countResults(results: readonly Result[]): Record<Result["status"], number> {
  const counts = { passed: 0, warning: 0, failed: 0, skipped: 0 };
  for (const { status } of results) counts[status] += 1;
  return counts;
}
