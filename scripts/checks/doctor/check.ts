import type { Context } from "./context";

/** What is wrong, and how to fix it. Neither text contains a secret. */
export interface Finding {
  readonly reason: string;
  readonly mend: string;
}

export type Outcome =
  | { readonly state: "ok"; readonly note?: string }
  | { readonly state: "warn" | "fail"; readonly findings: readonly Finding[] }
  | { readonly state: "skipped"; readonly because: string };

export interface Check {
  /** `<group>.<name>`. It never changes. */
  readonly id: string;
  readonly title: string;
  /**
   * The ids of checks that this one depends on. If one of them failed or was skipped, this one is
   * skipped.
   */
  readonly needs?: readonly string[];
  readonly run: (context: Context) => Outcome | Promise<Outcome>;
}

/** One line of the report. */
export type Line = Pick<Check, "id" | "title"> & Outcome;

export const ok = (note?: string): Outcome => ({ state: "ok", ...(note && { note }) });
export const warn = (reason: string, mend: string): Outcome => ({
  state: "warn",
  findings: [{ reason, mend }],
});
export const fail = (reason: string, mend: string): Outcome => ({
  state: "fail",
  findings: [{ reason, mend }],
});
export const skipped = (because: string): Outcome => ({ state: "skipped", because });

/** Runs the checks in order. A check that depends on a failed one is skipped, never passed. */
export async function runChecks(checks: readonly Check[], context: Context): Promise<Line[]> {
  const lines: Line[] = [];
  for (const { id, title, needs = [], run } of checks) {
    const missing = lines.find((line) => needs.includes(line.id) && !isSound(line));
    const outcome = missing
      ? skipped(`it needs "${missing.title}"`)
      : await Promise.resolve(context)
          .then(run)
          // A check that throws has not passed.
          .catch((error: unknown) =>
            fail(`the check broke: ${String(error)}`, "Report this with the message"),
          );
    lines.push({ id, title, ...outcome });
  }
  return lines;
}

const isSound = ({ state }: Outcome) => state === "ok" || state === "warn";
