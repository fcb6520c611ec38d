import type { IncomingHttpHeaders } from "node:http";
import { DatabaseError, type Pool, type PoolClient, type QueryArrayResult } from "pg";

/** The fields that the driver's NeonDbError reads, in addition to `message`. */
const ERROR_FIELDS = [
  "severity",
  "code",
  "detail",
  "hint",
  "position",
  "internalPosition",
  "internalQuery",
  "where",
  "schema",
  "table",
  "column",
  "dataType",
  "constraint",
  "file",
  "line",
  "routine",
] as const satisfies (keyof DatabaseError)[];

const ISOLATION_LEVELS: Record<string, string> = {
  ReadUncommitted: "READ UNCOMMITTED",
  ReadCommitted: "READ COMMITTED",
  RepeatableRead: "REPEATABLE READ",
  Serializable: "SERIALIZABLE",
};

interface Query {
  query: string;
  params?: unknown[];
}

/** The endpoint's response. A body that is not a string is sent as JSON. */
export interface SqlResponse {
  status: number;
  body: object | string;
}

/**
 * Responds to `POST /sql` of Neon's HTTP protocol, as `@neondatabase/serverless` 1.2 uses it: one
 * query, or `{ queries }` as one transaction. Values are sent in Postgres's text format, and rows
 * as arrays, because the driver requests no other format.
 */
export async function runSql(pool: Pool, headers: IncomingHttpHeaders, body: string): Promise<SqlResponse> {
  try {
    const request = JSON.parse(body) as Query | { queries: Query[] };
    const result = await withClient<object>(pool, (client) =>
      "queries" in request
        ? runBatch(client, beginStatement(headers), request.queries)
        : runQuery(client, request),
    );
    return { status: 200, body: result };
  } catch (error) {
    return describeError(error);
  }
}

const ignore = () => {};

async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  // When a connection breaks, the running query fails. Without a listener the error event would
  // also end this process.
  client.on("error", ignore);
  try {
    return await work(client);
  } finally {
    client.off("error", ignore);
    // Close the connection if the request left a transaction open (a lone BEGIN) or the connection
    // broke.
    client.release(client.getTransactionStatus() !== "I");
  }
}

async function runBatch(client: PoolClient, begin: string, queries: Query[]) {
  const results = [];
  await client.query(begin);
  for (const query of queries) results.push(await runQuery(client, query));
  await client.query("COMMIT");
  return { results };
}

async function runQuery(client: PoolClient, { query, params = [] }: Query) {
  const config = {
    text: query,
    values: params,
    rowMode: "array" as const,
    // Only one statement per query, as with Neon. Postgres's simple protocol would accept several.
    queryMode: "extended",
    types: { getTypeParser: () => (text: string) => text },
  };
  const { command, rowCount, rows, fields }: QueryArrayResult = await client.query(config);
  return { command, rowCount, rows, fields };
}

function beginStatement(headers: IncomingHttpHeaders): string {
  const isolation = ISOLATION_LEVELS[String(headers["neon-batch-isolation-level"])];
  return [
    "BEGIN",
    isolation && `ISOLATION LEVEL ${isolation}`,
    headers["neon-batch-read-only"] === "true" && "READ ONLY",
    headers["neon-batch-deferrable"] === "true" && "DEFERRABLE",
  ]
    .filter(Boolean)
    .join(" ");
}

/**
 * The driver parses the body of a 400 as an error of Postgres. For any other status it shows the
 * body as text.
 */
function describeError(error: unknown): SqlResponse {
  if (error instanceof DatabaseError) {
    const fields = Object.fromEntries(ERROR_FIELDS.map((field) => [field, error[field]]));
    return { status: 400, body: { message: error.message, ...fields } };
  }
  const { message, code } = error as NodeJS.ErrnoException;
  if (error instanceof SyntaxError) return { status: 422, body: `The request is not JSON: ${message}` };
  // When a host has two addresses, the error has a code but no message.
  return { status: 503, body: `Postgres does not respond: ${message || code}` };
}
