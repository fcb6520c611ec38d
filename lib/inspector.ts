import type { ProblemCode } from "./problem";
import type { RouteKind } from "./routes";

/**
 * What the inspector shows about a request, in development. It contains no token, no cookie and no
 * personal data.
 */
export interface GateEvent {
  readonly requestId: string;
  /** When the request arrived, in milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  /** Without the query, and without parts that look like a secret or an email address. */
  readonly path: string;
  readonly kind: RouteKind;
  /** Where the session came from, or why there is none. */
  readonly session: "memory" | "cookie" | "store" | "none" | "invalid" | "unreachable" | "not needed";
  /** Seconds since the backend's token was minted. */
  readonly tokenAge?: number | undefined;
  readonly outcome: Outcome;
  readonly code?: ProblemCode | undefined;
  /**
   * The status of the gate's own response. If the request passes, a page or FastAPI sets the
   * status: see {@link ResponseTiming}.
   */
  readonly status?: number | undefined;
  /** Why the gate decided so, in one or two sentences. */
  readonly reason: string;
  readonly steps: readonly TimedStep[];
  /** Duration of all steps together, in milliseconds. */
  readonly took: number;
}

export type Outcome = "passed" | "forwarded" | "redirected" | "refused" | "failed";

/** A step of the gate. `start`: milliseconds since the request arrived. `took`: milliseconds. */
export interface TimedStep {
  readonly name: StepName;
  readonly start: number;
  readonly took: number;
}

/** The steps of the gate, in their order. A request has no more than four of them. */
export type StepName = "session" | "decide" | "mint" | "forward" | "respond";

/** The status and duration of a response. The server in which the gate runs measures them. */
export interface ResponseTiming {
  readonly requestId: string;
  readonly status: number;
  /** From the start of the request to the end of the response, in milliseconds. */
  readonly took: number;
}

/** The page, and the streams that it displays. They exist only in development. */
export const inspectorPaths = {
  page: "/dev/gate",
  events: "/dev/gate/events",
  timings: "/dev/gate/timings",
} as const;

/** How many events, and how many timings, are kept. */
export const FEED_CAPACITY = 200;
