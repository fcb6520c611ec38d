import type { ProblemCode } from "./problem";
import type { RouteKind } from "./routes";

/**
 * What `/__gate` shows about a request, in development. It contains no token, no cookie and no
 * personal data.
 */
export interface Sighting {
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  /** Without the query, and without parts that look like a secret or an email address. */
  readonly path: string;
  readonly kind: RouteKind;
  /** Where the session came from, or why there is none. */
  readonly session: "memory" | "cookie" | "store" | "none" | "unreachable" | "not asked";
  /** Seconds since the backend's token was minted. */
  readonly tokenAge?: number;
  readonly outcome: Outcome;
  readonly code?: ProblemCode;
  /**
   * The status of the gate's own response. If the request passes, a page or FastAPI sets the
   * status: see {@link Finish}.
   */
  readonly status?: number;
  /** The reason, as a sentence. */
  readonly reason: string;
  readonly steps: readonly TimedStep[];
  /** Duration of all steps together, in milliseconds. */
  readonly took: number;
}

export type Outcome = "passed" | "forwarded" | "redirected" | "refused" | "failed";

/** A step of the gate. `start`: milliseconds since the request arrived. `took`: milliseconds. */
export interface TimedStep {
  readonly name: "session" | "decide" | "mint" | "forward" | "answer";
  readonly start: number;
  readonly took: number;
}

/** How a request ended. The server in which the gate runs observes this. */
export interface Finish {
  readonly requestId: string;
  readonly status: number;
  /** From the start of the request to the end of the response, in milliseconds. */
  readonly took: number;
}

/** The page, and the streams that it displays. They exist only in development. */
export const lookPaths = {
  page: "/__gate",
  sightings: "/__gate/sightings",
  finishes: "/__gate/finishes",
} as const;

/** How many entries are kept. */
export const LOOK_CAPACITY = 200;
