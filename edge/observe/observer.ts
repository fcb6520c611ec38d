import type { Decision } from "../decide";
import type { GateRequest } from "../request";
import type { SessionResult } from "../session/session";
import type { MaybeAsync } from "../util/maybe-async";

/**
 * The steps of a request, in their order, and the result of each. A request that is forwarded has
 * `forward`, and before it `mint` if it is forwarded for a user. Any other request has `respond`.
 */
export interface StepResults {
  session: SessionResult;
  decide: Decision;
  mint: string;
  forward: Response;
  respond: Response;
}

export type Step = keyof StepResults;

/** Observes the steps of requests (docs/decisions/014-observers.md). */
export interface Observer {
  /**
   * Calls `run` once and returns its result, or throws its error. It may pass a changed request to
   * `run`: tracing adds its headers to the request that is forwarded.
   */
  around<S extends Step>(
    step: S,
    request: GateRequest,
    run: (request: GateRequest) => MaybeAsync<StepResults[S]>,
  ): MaybeAsync<StepResults[S]>;
}

/**
 * Returns the step with all observers around it, the first one outermost. Without observers it
 * returns the step itself, so a warm request creates no closure for them
 * (docs/decisions/011-the-warm-path.md).
 */
export function observeStep<S extends Step, Input extends readonly unknown[]>(
  observers: readonly Observer[],
  step: S,
  run: (request: GateRequest, ...input: Input) => MaybeAsync<StepResults[S]>,
): (request: GateRequest, ...input: Input) => MaybeAsync<StepResults[S]> {
  return observers.reduceRight<typeof run>(
    (inner, observer) =>
      (request, ...input) =>
        observer.around(step, request, (seen) => inner(seen, ...input)),
    run,
  );
}
