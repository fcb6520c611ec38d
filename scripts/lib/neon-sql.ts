import type { IncomingHttpHeaders } from "node:http";
import { DatabaseError, type Pool, type PoolClient, type QueryArrayResult } from "pg";

/** What the driver's NeonDbError reads besides `message`. */
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

/** What the endpoint sends back; a body that is no text goes out as JSON. */
export interface Answer {
  status: number;
  body: object | string;
}

/**
 * Answers `POST /sql` of Neon's HTTP protocol as `@neondatabase/serverless` 1.2 speaks it: one query, or
 * `{ queries }` as one transaction. Values go out as Postgres's own text, rows as arrays; the driver asks for
 * nothing else.
 */
export async function answerSql(pool: Pool, headers: IncomingHttpHeaders, body: string): Promise<Answer> {
  try {
    const request = JSON.parse(body) as Query | { queries: Query[] };
    const answer = await withClient<object>(pool, (client) =>
      "queries" in request
        ? runBatch(client, beginStatement(headers), request.queries)
        : runQuery(client, request),
    );
    return { status: 200, body: answer };
  } catch (error) {
    return describeError(error);
  }
}

const ignore = () => {};

async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  // A connection that breaks fails the query that waits on it; without a listener it would end this process.
  client.on("error", ignore);
  try {
    return await work(client);
  } finally {
    client.off("error", ignore);
    // A request that leaves a transaction open (a lone BEGIN), or a broken connection, takes it to the grave.
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
    // One statement a query, as with Neon; the simple protocol would take several.
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

/** 400 is what Postgres said, which the driver takes apart; of any other status it shows the text. */
function describeError(error: unknown): Answer {
  if (error instanceof DatabaseError) {
    const fields = Object.fromEntries(ERROR_FIELDS.map((field) => [field, error[field]]));
    return { status: 400, body: { message: error.message, ...fields } };
  }
  const { message, code } = error as NodeJS.ErrnoException;
  if (error instanceof SyntaxError) return { status: 422, body: `The request is not JSON: ${message}` };
  // The error of a host with two addresses has no message.
  return { status: 503, body: `Postgres does not answer: ${message || code}` };
}
