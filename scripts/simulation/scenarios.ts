import { CAPACITY } from "../../edge/session/reader";
import { computePercentile } from "../bench/statistics";
import { expectedLookups } from "./expected-lookups";
import { requestsPerSecond, type Traffic } from "./page-views";
import type { Parameters } from "./parameters";
import { runSimulation, type SimulationResult, type Source } from "./run-simulation";

/** The scenarios of docs/production-scale.md. */

export const USERS = [1_000, 10_000, 100_000, 1_000_000, 10_000_000] as const;
/** Values of SESSION_MAX_STALE_SECONDS. */
export const BOUNDS = [0, 10, 60, 300] as const;
export const DEFAULT_BOUND = 60;

/** 50 requests per user and hour: one visit with 10 pages, and 4 backend calls of each page. */
export const TRAFFIC: Traffic = {
  idleSeconds: 3_300,
  pagesPerVisit: 10,
  viewSeconds: 30,
  pageSeconds: 0.1,
  callsAtOnce: 2,
  callsLater: 2,
};
/** Four regions. The database is in the first one. Milliseconds. */
export const ROUND_TRIPS = [2, 80, 150, 220] as const;
export const ISOLATE_LIFETIME = 900;
/** The platform starts as many isolates as it needs for this number of requests per second each. */
export const ISOLATE_REQUESTS = 200;
const MIN_ISOLATES = 2;
/** Sessions of each point that are deleted. */
export const REVOCATIONS = 100;

/** At most this number of users is simulated. Of more users it is a sample. */
export const SAMPLE = 20_000;
/** The measured time of a point is as long as needed for this product of users and seconds. */
const USER_SECONDS = 6_000_000;

/** One deployment with one staleness bound. All rates are those of all users. */
export interface Point {
  readonly users: number;
  readonly simulatedUsers: number;
  readonly maxStaleSeconds: number;
  readonly isolates: number;
  readonly requestsPerSecond: number;
  readonly lookupsPerSecond: number;
  /** The lookups per second of the formula. */
  readonly expectedLookupsPerSecond: number;
  /** The share of the requests whose session comes from each source. */
  readonly shares: Readonly<Record<Source, number>>;
  /** Percentiles in seconds. */
  readonly revocationDelay: { readonly p50: number; readonly p99: number; readonly max: number };
}

export interface PointOptions {
  readonly users: number;
  readonly maxStaleSeconds: number;
  /** Default: at most {@link SAMPLE}. */
  readonly simulatedUsers?: number;
  /** Sessions in the memory of a real isolate. Default: that of the gate. */
  readonly memoryCapacity?: number;
}

export function isolatesPerRegion(users: number): number {
  const perRegion = (users * requestsPerSecond(TRAFFIC)) / ROUND_TRIPS.length;
  return Math.max(MIN_ISOLATES, Math.ceil(perRegion / ISOLATE_REQUESTS));
}

/** Simulates a sample of the users, with the same share of the memory in each isolate. */
export async function simulatePoint({
  users,
  maxStaleSeconds,
  simulatedUsers = Math.min(users, SAMPLE),
  memoryCapacity = CAPACITY,
}: PointOptions): Promise<Point> {
  const parameters: Parameters = {
    traffic: TRAFFIC,
    users: simulatedUsers,
    roundTrips: ROUND_TRIPS,
    isolatesPerRegion: isolatesPerRegion(users),
    isolateLifetimeSeconds: ISOLATE_LIFETIME,
    memoryCapacity: Math.round((memoryCapacity * simulatedUsers) / users),
    maxStaleSeconds,
    warmUpSeconds: maxStaleSeconds + 120,
    measuredSeconds: USER_SECONDS / simulatedUsers,
    revocations: REVOCATIONS,
    seed: 1,
  };
  return describePoint(users, parameters, await runSimulation(parameters));
}

function describePoint(users: number, parameters: Parameters, result: SimulationResult): Point {
  const { maxStaleSeconds, measuredSeconds, isolatesPerRegion: isolates } = parameters;
  const { requests, lookups, sources, revocationDelays } = result;
  const perSecond = (count: number) => (count / measuredSeconds) * (users / parameters.users);
  return {
    users,
    simulatedUsers: parameters.users,
    maxStaleSeconds,
    isolates: isolates * ROUND_TRIPS.length,
    requestsPerSecond: perSecond(requests),
    lookupsPerSecond: perSecond(lookups),
    expectedLookupsPerSecond: users * expectedLookups(TRAFFIC, parameters),
    shares: {
      memory: sources.memory / requests,
      cookie: sources.cookie / requests,
      store: sources.store / requests,
    },
    revocationDelay: {
      p50: computePercentile(revocationDelays, 0.5),
      p99: computePercentile(revocationDelays, 0.99),
      max: computePercentile(revocationDelays, 1),
    },
  };
}
