import type { ProblemCode } from "./problem";
import type { RouteKind } from "./routes";

/** What `/__gate` shows of a request, in development. Nothing in it is a token, a cookie or a person's. */
export interface Sighting {
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  /** Without its query, and without what looks like a secret or an address. */
  readonly path: string;
  readonly kind: RouteKind;
  /** Where the session came from, or why there is none. */
  readonly session: "memory" | "cookie" | "store" | "none" | "unreachable" | "not asked";
  /** Seconds since the backend's token was minted. */
  readonly tokenAge?: number;
  readonly outcome: Outcome;
  readonly code?: ProblemCode;
  /** Of the gate's own answer. What passes gets its status from a page, or from FastAPI: see {@link Finish}. */
  readonly status?: number;
  /** Why, in words. */
  readonly reason: string;
  readonly steps: readonly TimedStep[];
  /** All of them, in milliseconds. */
  readonly took: number;
}

export type Outcome = "passed" | "forwarded" | "redirected" | "refused" | "failed";

/** A step of the gate. Milliseconds since the request came in. */
export interface TimedStep {
  readonly name: "session" | "decide" | "mint" | "forward" | "answer";
  readonly start: number;
  readonly took: number;
}

/** How a request has ended, as seen by the server that the gate runs in. */
export interface Finish {
  readonly requestId: string;
  readonly status: number;
  /** From its first byte to the last one of the answer, in milliseconds. */
  readonly took: number;
}

/** The page, and the streams of what it shows. They exist in development alone. */
export const lookPaths = {
  page: "/__gate",
  sightings: "/__gate/sightings",
  finishes: "/__gate/finishes",
} as const;

/** So many are kept. */
export const LOOK_CAPACITY = 200;
