import type { Built } from "./build";

/** One contender asked in one way. */
export interface Case {
  readonly name: string;
  readonly built: Built;
  /** Whose requests they are: the one known visitor's, or each somebody's whom nobody has seen yet. */
  readonly visitor: "known" | "new, with cookie cache" | "new, only in the store";
  /** The floor asks nobody, and so attaches nothing. */
  readonly authorizes: boolean;
  /** In each round, in the edge runtime and over HTTP. */
  readonly requests: number;
  readonly httpRequests: number;
}

export interface Database {
  readonly url: string;
  readonly env: Record<string, string>;
}

/** What all of them run with. The sessions are made before the first round and have to be fresh in the last. */
export const SETTINGS = { BETTER_AUTH_URL: "https://gatehouse.example", SESSION_MAX_STALE_SECONDS: "3600" };

export function makeCases(built: Record<"gate" | "bare" | "jose" | "betterAuth", Built>): Case[] {
  const known = { visitor: "known", authorizes: true, requests: 100, httpRequests: 300 } as const;
  return [
    { ...known, name: "bare rewrite", built: built.bare, authorizes: false, requests: 400 },
    { ...known, name: "gate, warm", built: built.gate, requests: 400 },
    { ...known, name: "gate, cookie", built: built.gate, visitor: "new, with cookie cache" },
    {
      ...known,
      name: "gate, cold",
      built: built.gate,
      visitor: "new, only in the store",
      requests: 10,
      httpRequests: 40,
    },
    { ...known, name: "jose verify + sign", built: built.jose },
    { ...known, name: "Better Auth getSession", built: built.betterAuth },
  ];
}
