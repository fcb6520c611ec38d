import type { Built } from "./build";

/** One contender asked in one way. */
export interface Case {
  readonly name: string;
  readonly built: Built;
  /** Whose requests they are: the one known visitor's, one of very many's, or somebody's whom nobody has seen yet. */
  readonly visitor: "known" | "one of many" | "new, with cookie cache" | "new, only in the store";
  /** The floor asks nobody, and so attaches nothing. */
  readonly authorizes: boolean;
  /** In the edge runtime: before the clock runs, and in each round. */
  readonly warmUp: number;
  readonly requests: number;
  /** In each round over HTTP; 0: not asked there. */
  readonly httpRequests: number;
}

export interface Database {
  readonly url: string;
  readonly env: Record<string, string>;
}

/** What all of them run with. The sessions are made before the first round and have to be fresh in the last. */
export const SETTINGS = { BETTER_AUTH_URL: "https://gatehouse.example", SESSION_MAX_STALE_SECONDS: "3600" };

/** Visitors who fill an isolate's memory more than once, and those of them who go on asking. */
export const MANY = { seen: 15_000, asking: 4_000 };

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
