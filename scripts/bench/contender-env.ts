import { createStore } from "../../edge/session/store";
import { parseEnv } from "../../lib/env";
import { identityOf } from "../../lib/token/contract";
import { createMinter } from "../../lib/token/mint";
import { testEnv } from "../stack/test-stack";
import { type Case, type Database, type Databases, SETTINGS } from "./case";
import { cookieHeader, USER_ID } from "./visitors";

/** The environment of a contender: all have the same, except for the database. */
export async function contenderEnv(
  { database }: Case,
  databases: Databases,
  more: Record<string, string>,
): Promise<Record<string, string>> {
  const env = testEnv({ ...SETTINGS, ...databases[database].env, ...more });
  return {
    ...env,
    BENCH_AUTHORIZATION: `Bearer ${await mintToken()}`,
    BENCH_LOOKUP: JSON.stringify(await recordLookup(databases[database])),
  };
}

/** A fresh token of the visitor, as the gate mints it. */
export async function mintToken(): Promise<string> {
  const { jwt } = parseEnv(testEnv(SETTINGS));
  const user = { id: USER_ID, email: "ada@example.com", name: "Ada" };
  const identity = identityOf(user, { id: "bench" });
  const token = await createMinter(jwt, () => crypto.randomUUID())(identity, { issuedAt: Date.now() });
  return token.jwt;
}

/** The request of a session lookup. `params` begins with the session token. */
export interface LookupRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: string;
  readonly params: readonly (string | null)[];
}

/**
 * Records the request that the gate's store sends for a backend call. A copy of the statement would
 * become outdated when the gate's statement changes.
 * @throws when the store sends no request
 */
export async function recordLookup({ env }: Pick<Database, "env">): Promise<LookupRequest> {
  let recorded: LookupRequest | undefined;
  const store = createStore(parseEnv(testEnv({ ...SETTINGS, ...env })), {
    fetch: async (input, init) => {
      const headers = Object.fromEntries(new Headers(init?.headers));
      recorded = { url: String(input), headers, ...JSON.parse(String(init?.body)) };
      return Response.json({ rows: [] });
    },
    now: Date.now,
    startTimer: () => () => {},
  });
  await store(await cookieHeader("known", { secure: true, cached: false }), { extend: false });
  if (!recorded) throw new Error("The gate's store sent no request");
  return recorded;
}
