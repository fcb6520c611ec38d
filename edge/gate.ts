import type { Decision } from "./decide";
import { type GateRequest, read } from "./request";
import type { KnownSession, SessionResult } from "./session/reader";
import { createSteps, type Effects, type GateEnv, type Steps } from "./steps";
import { isPromise, mapMaybeAsync } from "./util/maybe-async";

/** Handles one request: returns the response, or an instruction to Next to pass or rewrite it. */
export type Gate = (request: Request) => Response | Promise<Response>;

/** Wraps the steps of the gate in an observer (`edge/observe/tracing.ts`, `edge/observe/inspector/record-events.ts`). */
export type Watch = (steps: Steps) => Steps;

/**
 * Builds the gate: look up the session, decide, perform the decision. An error that a step throws
 * is passed to `Steps.fail`, which makes the response.
 */
export function createGate(env: GateEnv, effects: Effects, watch: Watch = (steps) => steps): Gate {
  const steps = watch(createSteps(env, effects));

  /**
   * Synchronous while all steps are: a request whose session and token are in memory gets its
   * response without a promise (`edge/util/maybe-async.ts`).
   */
  return function gate(request) {
    const asked = read(request, effects.randomId());
    try {
      const response = mapMaybeAsync(steps.session(asked), (session) =>
        perform(asked, session, steps.decide(asked, session)),
      );
      return isPromise(response) ? response.catch((error) => steps.fail(asked, error)) : response;
    } catch (error) {
      return steps.fail(asked, error);
    }
  };

  function perform(
    asked: GateRequest,
    session: SessionResult,
    decision: Decision,
  ): Response | Promise<Response> {
    return decision.do === "forward" && session.state === "active"
      ? send(asked, session.session)
      : steps.answer(asked, session, decision);
  }

  function send(asked: GateRequest, session: KnownSession): Response | Promise<Response> {
    return mapMaybeAsync(steps.mint(asked, session), (token) => steps.forward(asked, token));
  }
}
