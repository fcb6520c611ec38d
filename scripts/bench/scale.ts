import pg from "pg";
import { sessionToken } from "../stack/signing";
import { type LookupRequest, recordLookup } from "./contender-env";
import { openDatabase } from "./databases";
import { balanceOrder, computeRatios, computeSpread, type Spread } from "./statistics";

/** Measures whether a session lookup becomes slower when there are very many sessions. */

const SESSIONS_OF_A_USER = 10;
const LOOKUPS = { warmUp: 2_000, round: 100 };

export interface Scale {
  /** The number of sessions in the two databases. */
  readonly few: number;
  readonly many: number;
  /** The time of a lookup among the many relative to the time among the few. */
  readonly ratio: Spread;
  /** Microseconds. */
  readonly took: { readonly few: Spread; readonly many: Spread };
  /** The plan of PostgreSQL for the lookup among the many. */
  readonly plan: readonly string[];
  /** The version of PostgreSQL. */
  readonly version: string;
}

/**
 * Runs the gate's lookup statement in a database with `few` sessions and in another one of the same
 * server with `many`. It needs about 250 bytes of disk for each session.
 */
export async function measureScale(
  serverUrl: string,
  { few, many, rounds }: { few: number; many: number; rounds: number },
): Promise<Scale> {
  const server = await connect(serverUrl);
  const small = await createSessions(server, serverUrl, few);
  const large = await createSessions(server, serverUrl, many);
  const tables = [small, large];
  for (const table of tables) await lookUp(table, LOOKUPS.warmUp);
  const took = tables.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const table of balanceOrder(tables, round)) {
      took[tables.indexOf(table)]?.push(await lookUp(table, LOOKUPS.round));
    }
  }
  const plan = await explain(large);
  const version = (await server.query("show server_version")).rows[0].server_version;
  await Promise.all([server, small.client, large.client].map((client) => client.end()));
  const [fewTook = [], manyTook = []] = took;
  return {
    few,
    many,
    ratio: computeRatios(manyTook, fewTook),
    took: { few: computeSpread(fewTook), many: computeSpread(manyTook) },
    plan,
    version: version.split(" ")[0],
  };
}

interface Table {
  readonly client: pg.Client;
  readonly sessions: number;
  readonly lookup: LookupRequest;
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

async function createSessions(server: pg.Client, serverUrl: string, sessions: number): Promise<Table> {
  const name = `sessions_${sessions}`;
  await server.query(`create database ${name}`);
  const database = await openDatabase(new URL(name, serverUrl).href);
  await database.close();
  const client = await connect(database.url);
  // Foreign keys are not checked: that would take most of the time.
  await client.query("set session_replication_role = replica");
  await client.query(
    `insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
     select 'user-' || n, 'Ada', 'ada-' || n || '@example.com', true, now(), now()
     from generate_series(0, $1::int) n`,
    [sessions / SESSIONS_OF_A_USER],
  );
  await client.query(
    `insert into session (id, token, "userId", "expiresAt", "createdAt", "updatedAt")
     select 'session-' || n, rpad('n' || n, 32, 'x'), 'user-' || n / $2::int, now() + interval '7 days', now(), now()
     from generate_series(1, $1::int) n`,
    [sessions, SESSIONS_OF_A_USER],
  );
  // PostgreSQL does both by itself, but in the middle of the measurement.
  await client.query("vacuum analyze");
  await client.query("checkpoint");
  return { client, sessions, lookup: await recordLookup(database) };
}

/**
 * Looks up this many sessions, chosen at random. Returns the mean in microseconds per lookup.
 * @throws when a session is not found
 */
async function lookUp(table: Table, count: number): Promise<number> {
  const queries = Array.from({ length: count }, () => queryFor(table));
  const began = performance.now();
  for (const query of queries) {
    const { rowCount } = await table.client.query(query);
    if (rowCount !== 1) throw new Error(`The lookup of ${query.values[0]} found ${rowCount} sessions`);
  }
  return ((performance.now() - began) * 1000) / count;
}

/** The query as Neon runs it: parsed and planned each time. */
function queryFor({ sessions, lookup: { query, params } }: Table) {
  const token = sessionToken(`n${1 + Math.floor(Math.random() * sessions)}`);
  return { text: query, values: [token, ...params.slice(1)], rowMode: "array" as const };
}

async function explain(table: Table): Promise<string[]> {
  const { text, values } = queryFor(table);
  const { rows } = await table.client.query({ text: `explain (costs off) ${text}`, values });
  return rows.map((row: Record<string, string>) => row["QUERY PLAN"] ?? "");
}
