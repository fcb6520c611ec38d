/** What is wrong, and how to fix it. Neither text contains a secret. */
export interface Finding {
  readonly reason: string;
  readonly fix: string;
}

export type Outcome =
  | { readonly status: "passed"; readonly note?: string }
  | { readonly status: "warning" | "failed"; readonly findings: readonly Finding[] }
  | { readonly status: "skipped"; readonly reason: string };

export type Status = Outcome["status"];

/** One statement about a deployment, and how to find out whether it is true. */
export interface Check<Context> {
  /** `<topic>.<name>`. It never changes. */
  readonly id: string;
  /** The statement, in plain words. */
  readonly title: string;
  /** The specification, guideline or advisory that it comes from. */
  readonly source?: string;
  /** How to fix the deployment when `run` throws. */
  readonly fix?: string;
  /**
   * The ids of checks that this one depends on. If one of them failed or was skipped, this one is
   * skipped.
   */
  readonly needs?: readonly string[];
  /**
   * Returns the outcome, or nothing if the statement is true.
   * @throws {CheckFailed} when the statement is false
   * @throws {CheckSkipped} when it cannot be checked on this deployment
   */
  run(context: Context): Outcome | Promise<Outcome> | Promise<void>;
}

/** The statement of a check is false. */
export class CheckFailed extends Error {}

/** The statement cannot be checked on this deployment. */
export class CheckSkipped extends Error {}

export const passed = (note?: string): Outcome => ({ status: "passed", ...(note && { note }) });
export const warning = (reason: string, fix: string): Outcome => ({
  status: "warning",
  findings: [{ reason, fix }],
});
export const failed = (reason: string, fix: string): Outcome => ({
  status: "failed",
  findings: [{ reason, fix }],
});
export const skipped = (reason: string): Outcome => ({ status: "skipped", reason });
