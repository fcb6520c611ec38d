import "server-only";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Pool, QueryArrayResult } from "pg";
import { LookupServer } from "./lookup-server";
import { createRetryAfterRestart } from "./retry-after-restart";

export interface LookupListener {
  /** For the gate the listener is its database, and this is the connection string. */
  readonly connectionString: string;
  close(): Promise<void>;
}

/** Longer than the gate's `fetch` keeps an unused connection. Milliseconds. */
const KEEP_ALIVE = 75_000;

/**
 * Runs the gate's lookups on a database that is not Neon's. The edge sandbox, in which Next runs the
 * gate, has `fetch` and no TCP. So this listens on a free port of loopback, in the same process, and
 * speaks the part of Neon's HTTP protocol that the gate uses
 * (docs/decisions/027-plain-postgres.md).
 *
 * Attack: another user of the machine, or a page in a browser on it, sends requests to the port.
 * Defence: a random password, which only this process has, and no request with an `Origin` header.
 * Even with the password nothing else than the gate's own `statements` can be run.
 */
export async function startLookupListener(
  pool: Pool,
  statements: readonly string[],
): Promise<LookupListener> {
  const password = randomBytes(32).toString("base64url");
  const isAllowed = createPasswordCheck(password);
  const known = new Set(statements);
  const retryAfterRestart = createRetryAfterRestart(pool);
  const server = new LookupServer({ keepAliveTimeout: KEEP_ALIVE }, (request, response) => {
    handle(request)
      .then(({ status, body }) => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      })
      .catch(() => response.destroy());
  });

  async function handle(request: IncomingMessage): Promise<Result> {
    if (request.headers.origin !== undefined || !isAllowed(request)) return refuse("NOT_THE_GATE");
    if (request.method !== "POST" || request.url !== "/sql") return { status: 404, body: {} };
    const { query, params } = JSON.parse(await text(request)) as { query: string; params: unknown[] };
    // In development: the gate has been compiled again with other columns.
    if (!known.has(query)) return refuse("RESTART_THE_SERVER");
    try {
      // Each of the gate's statements can be executed twice.
      return await retryAfterRestart(() => runStatement(pool, query, params));
    } catch (error) {
      const { code, severity } = error as { code?: string; severity?: string };
      // As Neon: 400 for an error of Postgres. Any other one is of the connection.
      return { status: severity ? 400 : 503, body: { code } };
    }
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // It does not keep the process alive.
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    connectionString: `postgresql://gate:${password}@127.0.0.1:${port}/lookups`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** The gate writes the `code` of an error to the log. */
interface Result {
  readonly status: number;
  readonly body: { readonly code?: string } | { readonly rows: readonly unknown[][] };
}

const refuse = (code: string): Result => ({ status: 403, body: { code } });

/** Compares digests, because `timingSafeEqual` compares only values of the same length. */
function createPasswordCheck(password: string): (request: IncomingMessage) => boolean {
  const digest = (value: string) => createHash("sha256").update(value).digest();
  const expected = digest(password);
  return ({ headers }) => {
    const sent = String(headers["neon-connection-string"]).replace(/^postgresql:/, "http:");
    return URL.canParse(sent) && timingSafeEqual(digest(new URL(sent).password), expected);
  };
}

async function runStatement(pool: Pool, query: string, values: unknown[]): Promise<Result> {
  const { rows }: QueryArrayResult<unknown[]> = await pool.query({
    text: query,
    values,
    rowMode: "array",
    // As Neon does when the gate requests raw text.
    types: { getTypeParser: () => (value: string) => value },
  });
  return { status: 200, body: { rows } };
}
