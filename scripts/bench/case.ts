import type { Built } from "./build";

/** One contender with one kind of visitor. */
export interface Case {
  readonly name: string;
  readonly built: Built;
  /**
   * Who sends the requests: always the same visitor, one of very many visitors, or a new visitor
   * each time.
   */
  readonly visitor: "known" | "one of many" | "new, with cookie cache" | "new, only in the store";
  /** The database of the sessions. */
  readonly database: DatabaseName;
  /** Whether the backend receives a token of the visitor. */
  readonly authorizes: boolean;
  /** Requests in the edge runtime: `warmUp` before the clock starts, `requests` in each round. */
  readonly warmUp: number;
  readonly requests: number;
  /** Requests over HTTP in each round. 0: this case is not measured over HTTP. */
  readonly httpRequests: number;
}

/** PGlite runs in the process of the local stack, PostgreSQL in processes of its own. */
export type DatabaseName = "PGlite" | "PostgreSQL";

/** The connection string of a database, and the variables by which an app finds it. */
export interface Database {
  readonly url: string;
  readonly env: Record<string, string>;
}

export type Databases = Readonly<Record<DatabaseName, Database>>;

/**
 * The settings of all contenders. The sessions are made before the first round and must still be
 * fresh in the last.
 */
export const SETTINGS = { BETTER_AUTH_URL: "https://gatehouse.example", SESSION_MAX_STALE_SECONDS: "3600" };

/**
 * `seen` visitors fill an isolate's memory more than once; `active` of them continue to send
 * requests.
 */
export const MANY = { seen: 15_000, active: 4_000 };

/** The names of the cases that targets and texts refer to. */
export const NAMES = {
  bare: "bare rewrite",
  least: "the least a gate can do",
  warm: "gate, warm",
  full: "gate, warm, memory full",
  cookie: "gate, cookie",
  cold: "gate, cold",
  coldPostgres: "gate, cold, PostgreSQL",
  bareLookup: "same SQL, bare fetch",
  jose: "jose verify + sign",
  betterAuth: "Better Auth getSession",
} as const;

/**
 * Over HTTP: how many requests at a time, and how many of the known visitor each server handles
 * before the first round.
 */
export const HTTP = { concurrency: 16, warmUp: 6_000 };

/** Enough requests in a round for a 99th percentile: 20 of them are slower than it. */
export const ENOUGH_FOR_P99 = 2_000;

/** All cases. The first one is the bare rewrite, which the others are compared with. */
export function makeCases(
  built: Record<"gate" | "bare" | "least" | "bareLookup" | "jose" | "betterAuth", Built>,
): Case[] {
  const each = { database: "PGlite", authorizes: true, warmUp: 400, requests: 100 } as const;
  const known = { ...each, visitor: "known", httpRequests: 300 } as const;
  const counted = { ...known, httpRequests: ENOUGH_FOR_P99 } as const;
  const lookup = {
    ...each,
    visitor: "new, only in the store",
    warmUp: 100,
    requests: 20,
    httpRequests: 150,
  } as const;
  return [
    { ...counted, name: NAMES.bare, built: built.bare, authorizes: false },
    { ...counted, name: NAMES.least, built: built.least },
    { ...counted, name: NAMES.warm, built: built.gate },
    {
      ...known,
      name: NAMES.full,
      built: built.gate,
      visitor: "one of many",
      warmUp: MANY.seen,
      httpRequests: 0,
    },
    { ...known, name: NAMES.cookie, built: built.gate, visitor: "new, with cookie cache" },
    { ...lookup, name: NAMES.cold, built: built.gate },
    { ...lookup, name: NAMES.coldPostgres, built: built.gate, database: "PostgreSQL" },
    { ...lookup, name: NAMES.bareLookup, built: built.bareLookup, authorizes: false },
    { ...known, name: NAMES.jose, built: built.jose },
    { ...known, name: NAMES.betterAuth, built: built.betterAuth },
  ];
}
