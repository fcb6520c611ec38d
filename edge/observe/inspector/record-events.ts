import { decodeJwt } from "jose";
import type { GateEvent, Outcome, TimedStep } from "../../../lib/inspector";
import { redactPath } from "../../../lib/log/redact";
import { describeProblem } from "../../../lib/problem";
import type { Decision } from "../../decide";
import type { GateRequest } from "../../request";
import type { SessionResult } from "../../session/session";
import { tapMaybeAsync } from "../../util/maybe-async";
import type { Observer, Step, StepResults } from "../observer";
import { explain } from "./explain";

export interface RecorderOptions {
  /** Milliseconds with fractions, counted from any point in time. */
  readonly clock: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called once for each request, after its last step. */
  readonly onEvent: (event: GateEvent) => void;
}

/** What is known so far about a request in progress. */
interface Draft {
  readonly at: number;
  readonly began: number;
  readonly steps: TimedStep[];
  session?: SessionResult;
  decision?: Decision;
  tokenAge?: number;
}

/**
 * Makes an event of each request: what its steps resulted in, and how long they took. An event
 * contains nothing secret: no token, no cookie, no query.
 */
export function createEventRecorder({ clock, now, onEvent }: RecorderOptions): Observer {
  // By the incoming request, because another observer may pass on a changed `GateRequest`.
  const drafts = new WeakMap<Request, Draft>();

  function findDraft({ raw }: GateRequest): Draft {
    const draft = drafts.get(raw) ?? { at: now(), began: clock(), steps: [] };
    drafts.set(raw, draft);
    return draft;
  }

  const recordResult: {
    readonly [S in Step]: (request: GateRequest, draft: Draft, result: StepResults[S]) => void;
  } = {
    session: (_, draft, session) => {
      draft.session = session;
    },
    decide: (_, draft, decision) => {
      draft.decision = decision;
    },
    mint: (_, draft, token) => {
      draft.tokenAge = Math.max(0, Math.round(now() / 1000 - (decodeJwt(token).iat ?? 0)));
    },
    forward: finish,
    respond: finish,
  };

  function finish(request: GateRequest, draft: Draft, response: Response): void {
    const { session, decision } = draft;
    if (!session || !decision) return;
    addEvent(request, draft, {
      outcome: findOutcome(decision),
      code: decision.do === "refuse" ? decision.code : undefined,
      status: findStatus(decision, response),
      reason: explain(request, session, decision),
    });
  }

  function addEvent(
    request: GateRequest,
    draft: Draft,
    result: Pick<GateEvent, "outcome" | "code" | "status" | "reason">,
  ): void {
    onEvent({
      requestId: request.requestId,
      at: draft.at,
      method: request.raw.method,
      path: redactPath(request.pathname),
      kind: request.classified.kind,
      session: describeSource(request, draft.session),
      tokenAge: draft.tokenAge,
      ...result,
      steps: draft.steps,
      took: clock() - draft.began,
    });
  }

  return {
    around(step, request, run) {
      const draft = findDraft(request);
      const start = clock() - draft.began;
      return tapMaybeAsync(
        () => run(request),
        (result) => {
          draft.steps.push({ name: step, start, took: clock() - draft.began - start });
          recordResult[step](request, draft, result);
        },
        () => {
          const { code, status, detail } = describeProblem("gate_failed", request.requestId);
          addEvent(request, draft, {
            outcome: "failed",
            code,
            status,
            reason: `${detail} The log has the error.`,
          });
        },
      );
    },
  };
}

function findOutcome(decision: Decision): Outcome {
  switch (decision.do) {
    case "pass":
      return "passed";
    case "forward":
      return "forwarded";
    case "refuse":
    case "show-unavailable":
      return "refused";
    case "redirect":
    case "redirect-action":
      return "redirected";
    default:
      decision satisfies never;
      return "failed";
  }
}

/** Undefined if the status is not known yet: a page sets it, or FastAPI after a rewrite. */
function findStatus({ do: action }: Decision, { status, headers }: Response): number | undefined {
  const continues = headers.has("x-middleware-next") || headers.has("x-middleware-rewrite");
  const isUnknown = (action === "pass" || action === "forward") && continues;
  return isUnknown ? undefined : status;
}

function describeSource(
  { classified }: GateRequest,
  session: SessionResult | undefined,
): GateEvent["session"] {
  if (!session || classified.access === "open") return "not needed";
  return session.state === "active" ? session.source : session.state;
}
