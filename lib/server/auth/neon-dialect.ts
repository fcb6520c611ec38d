import "server-only";
import { Client, neon, neonConfig } from "@neondatabase/serverless";
import { CompiledQuery, type DatabaseConnection, type QueryResult } from "kysely";
import { NeonDialect, NeonDriver } from "kysely-neon";
import { WebSocket } from "ws";
import type { DatabaseAddress } from "../../database-protocol";

// Node 20 has no built-in WebSocket. Transactions need one.
neonConfig.webSocketConstructor = WebSocket;

/** A database that has not responded after this time counts as unreachable. Milliseconds. */
const TIMEOUT = 5_000;

/** Called with every database error. The error is thrown as well. */
type OnFailure = (error: unknown) => void;

/** Sets where the driver sends its queries, and how long it waits. These settings are global. */
export function configureNeon({ neonEndpoint }: Pick<DatabaseAddress, "neonEndpoint">): void {
  if (neonEndpoint) pointAtLocalEndpoint(new URL(neonEndpoint));
  neonConfig.fetchFunction = (url: string, init: RequestInit) =>
    fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT) });
}

/**
 * The local endpoint speaks Neon's protocols and connects to a plain Postgres. It uses TLS if its
 * address is https.
 */
function pointAtLocalEndpoint(endpoint: URL): void {
  neonConfig.fetchEndpoint = `${endpoint.origin}/sql`;
  neonConfig.wsProxy = `${endpoint.host}/v2`;
  neonConfig.useSecureWebSocket = endpoint.protocol === "https:";
  neonConfig.pipelineTLS = false;
  neonConfig.pipelineConnect = false;
}

/**
 * A query is one HTTP round trip. HTTP cannot hold a transaction open, so each transaction uses a
 * WebSocket that is closed at its end (docs/decisions/002-transactions.md).
 */
export class TransactionalNeonDialect extends NeonDialect {
  constructor(
    private readonly databaseUrl: string,
    private readonly onFailure: OnFailure,
  ) {
    super({ neon: neon(databaseUrl) });
  }

  override createDriver() {
    return new TransactionalNeonDriver(this.databaseUrl, this.onFailure);
  }
}

class TransactionalNeonDriver extends NeonDriver {
  constructor(
    private readonly databaseUrl: string,
    private readonly onFailure: OnFailure,
  ) {
    super({ neon: neon(databaseUrl) });
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    return new SwitchingConnection(await super.acquireConnection(), this.onFailure);
  }

  override async beginTransaction(connection: SwitchingConnection): Promise<void> {
    await connection.begin(
      new Client({
        connectionString: this.databaseUrl,
        connectionTimeoutMillis: TIMEOUT,
        query_timeout: TIMEOUT,
      }),
    );
  }

  override async commitTransaction(connection: SwitchingConnection): Promise<void> {
    await connection.end("commit");
  }

  override async rollbackTransaction(connection: SwitchingConnection): Promise<void> {
    await connection.end("rollback");
  }
}

/** Uses HTTP outside a transaction, and the transaction's WebSocket inside one. */
class SwitchingConnection implements DatabaseConnection {
  #client: Client | undefined;

  constructor(
    private readonly http: DatabaseConnection,
    private readonly onFailure: OnFailure,
  ) {}

  async begin(client: Client): Promise<void> {
    // A broken socket rejects the pending query. Without a listener for "error" it would also end
    // the process.
    client.on("error", () => {});
    await this.#report(client.connect());
    this.#client = client;
    try {
      await this.executeQuery(CompiledQuery.raw("begin"));
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  async end(statement: "commit" | "rollback"): Promise<void> {
    // Kysely rolls back after a failed commit, when the connection is closed already.
    if (!this.#client) return;
    try {
      await this.executeQuery(CompiledQuery.raw(statement));
    } finally {
      await this.#close();
    }
  }

  async #close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.#report(this.#run<R>(query));
  }

  async #report<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.onFailure(error);
      throw error;
    }
  }

  async #run<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (!this.#client) return this.http.executeQuery<R>(query);
    const { command, rowCount, rows } = await this.#client.query(query.sql, [...query.parameters]);
    const changes = command !== "SELECT" && rowCount !== null;
    return { rows: rows as R[], ...(changes && { numAffectedRows: BigInt(rowCount) }) };
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.http.streamQuery<R>(query, chunkSize);
  }
}
