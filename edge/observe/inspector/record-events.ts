import { decodeJwt } from "jose";
import type { GateEvent, Outcome, TimedStep } from "../../../lib/inspector";
import { redactPath } from "../../../lib/log/redact";
import { describeProblem, type ProblemCode } from "../../../lib/problem";
import type { Decision } from "../../decide";
import type { Watch } from "../../gate";
import type { GateRequest } from "../../request";
import type { SessionResult } from "../../session/reader";
import { mapMaybeAsync } from "../../util/maybe-async";
import { explain } from "./explain";

export interface WatchOptions {
  /** Milliseconds with fractions, counted from any point in time. */
  readonly clock: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called once for each request, when the gate has finished with it. */
  readonly keep: (event: GateEvent) => void;
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
 * Observes the steps of each request: their result and their time. Nothing secret is kept: no
 * token, no cookie, no query.
 */
export function watchWith({ clock, now, keep }: WatchOptions): Watch {
  const drafts = new WeakMap<GateRequest, Draft>();

  const draftOf = (asked: GateRequest): Draft => {
    const draft = drafts.get(asked) ?? { at: now(), began: clock(), steps: [] };
    drafts.set(asked, draft);
    return draft;
  };

  function timed<T>(asked: GateRequest, name: TimedStep["name"], step: () => T | Promise<T>): T | Promise<T> {
    const { began, steps } = draftOf(asked);
    const start = clock() - began;
    return mapMaybeAsync(step(), (value) => {
      steps.push({ name, start, took: clock() - began - start });
      return value;
    });
  }

  function finish(asked: GateRequest, seen: Pick<GateEvent, "outcome" | "code" | "status" | "reason">): void {
    const draft = draftOf(asked);
    keep({
      requestId: asked.requestId,
      at: draft.at,
      method: asked.request.method,
      path: redactPath(asked.pathname),
      kind: asked.classified.kind,
      session: sourceOf(asked, draft.session),
      tokenAge: draft.tokenAge,
      ...seen,
      steps: draft.steps,
      took: clock() - draft.began,
    });
  }

  return (steps) => ({
    session: (asked) =>
      mapMaybeAsync(
        timed(asked, "session", () => steps.session(asked)),
        (session) => {
          draftOf(asked).session = session;
          return session;
        },
      ),
    decide(asked, session) {
      const began = clock();
      const decision = steps.decide(asked, session);
      const draft = draftOf(asked);
      draft.steps.push({ name: "decide", start: began - draft.began, took: clock() - began });
      draft.decision = decision;
      return decision;
    },
    mint: (asked, session) =>
      mapMaybeAsync(
        timed(asked, "mint", () => steps.mint(asked, session)),
        (token) => {
          draftOf(asked).tokenAge = Math.max(0, Math.round(now() / 1000 - (decodeJwt(token).iat ?? 0)));
          return token;
        },
      ),
    forward: (asked, token) =>
      mapMaybeAsync(
        timed(asked, "forward", () => steps.forward(asked, token)),
        (response) => {
          const { session, decision } = draftOf(asked);
          const reason = session && decision ? explain(asked, session, decision) : "";
          // A rewrite has no status yet: FastAPI decides it.
          const status = response.headers.has("x-middleware-rewrite") ? undefined : response.status;
          finish(asked, { outcome: "forwarded", status, reason });
          return response;
        },
      ),
    answer(asked, session, decision) {
      const began = clock();
      const response = steps.answer(asked, session, decision);
      const draft = draftOf(asked);
      draft.steps.push({ name: "respond", start: began - draft.began, took: clock() - began });
      const outcome = outcomeOf(decision);
      finish(asked, {
        outcome,
        code: decision.do === "refuse" ? decision.code : undefined,
        status: outcome === "passed" ? undefined : response.status,
        reason: explain(asked, session, decision),
      });
      return response;
    },
    fail(asked, error) {
      const code: ProblemCode = "gate_failed";
      const { status, detail } = describeProblem(code, asked.requestId);
      finish(asked, { outcome: "failed", code, status, reason: `${detail} The log says why.` });
      return steps.fail(asked, error);
    },
  });
}

function outcomeOf(decision: Decision): Outcome {
  switch (decision.do) {
    case "pass":
      return "passed";
    case "forward":
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

function sourceOf({ classified }: GateRequest, session: SessionResult | undefined): GateEvent["session"] {
  if (!session || classified.kind === "public-page" || classified.kind === "open-api") return "not needed";
  return session.state === "active" ? session.source : session.state;
}
