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
  /** Whether a token is attached. The bare rewrite checks no session, so it attaches none. */
  readonly authorizes: boolean;
  /** Requests in the edge runtime: `warmUp` before the clock starts, `requests` in each round. */
  readonly warmUp: number;
  readonly requests: number;
  /** Requests over HTTP in each round. 0: this case is not measured over HTTP. */
  readonly httpRequests: number;
}

/** The connection string of the database, and the variables by which an app finds it. */
export interface Database {
  readonly url: string;
  readonly env: Record<string, string>;
}

/**
 * The settings of all contenders. The sessions are made before the first round and must still be
 * fresh in the last.
 */
export const SETTINGS = { BETTER_AUTH_URL: "https://gatehouse.example", SESSION_MAX_STALE_SECONDS: "3600" };

/**
 * `seen` visitors fill an isolate's memory more than once; `asking` of them continue to send
 * requests.
 */
export const MANY = { seen: 15_000, asking: 4_000 };

/** All cases. The first one is the bare rewrite, which the others are compared with. */
export function makeCases(built: Record<"gate" | "bare" | "jose" | "betterAuth", Built>): Case[] {
  const each = { authorizes: true, warmUp: 400, requests: 100, httpRequests: 300 };
  const known = { ...each, visitor: "known" } as const;
  return [
    { ...known, name: "bare rewrite", built: built.bare, authorizes: false },
    { ...known, name: "gate, warm", built: built.gate },
    {
      ...known,
      name: "gate, warm, memory full",
      built: built.gate,
      visitor: "one of many",
      warmUp: MANY.seen,
      httpRequests: 0,
    },
    { ...each, name: "gate, cookie", built: built.gate, visitor: "new, with cookie cache" },
    {
      ...each,
      name: "gate, cold",
      built: built.gate,
      visitor: "new, only in the store",
      warmUp: 10,
      requests: 3,
      httpRequests: 40,
    },
    { ...known, name: "jose verify + sign", built: built.jose },
    { ...known, name: "Better Auth getSession", built: built.betterAuth },
  ];
}
