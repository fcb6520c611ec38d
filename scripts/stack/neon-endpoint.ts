import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { Client, Pool } from "pg";
import { WebSocketServer } from "ws";
import { LOOPBACK, listen } from "../lib/ports";
import { runSql, type SqlResponse } from "./neon-sql";
import { tunnel } from "./neon-tunnel";

/** A Postgres that accepts no connection in this time counts as unreachable. Milliseconds. */
const CONNECT_WITHIN = 3_000;

export interface NeonEndpoint {
  /** The value for `NEON_ENDPOINT`: the driver sends requests to `/sql` and `/v2` below it. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves a local Postgres over Neon's two protocols, on loopback: queries over HTTP (`POST /sql`),
 * and Postgres's own protocol through a WebSocket (`/v2`). It ignores the connection string that
 * the driver sends: there is only the given database, and only this machine can connect.
 */
export async function startNeonEndpoint(options: {
  databaseUrl: string;
  port?: number;
}): Promise<NeonEndpoint> {
  const { databaseUrl, port } = options;
  const pool = new Pool({
    connectionString: databaseUrl,
    max: 20,
    connectionTimeoutMillis: CONNECT_WITHIN,
  });
  // An idle connection failed. The pool removes it, and the next query opens another.
  pool.on("error", () => {});

  const server = createServer((request, response) => {
    respond(pool, request, response).catch(() => response.destroy());
  });
  const address = { ...addressOf(databaseUrl), connectWithin: CONNECT_WITHIN };
  const webSockets = new WebSocketServer({
    server,
    path: "/v2",
    verifyClient: ({ req }: { req: IncomingMessage }) => !isFromPage(req),
  });
  webSockets.on("connection", (webSocket) => void tunnel(webSocket, address));

  const url = `http://${LOOPBACK}:${await listen(server, port)}`;
  return {
    url,
    async close() {
      for (const webSocket of webSockets.clients) webSocket.terminate();
      server.close();
      server.closeAllConnections();
      await Promise.all([once(server, "close"), pool.end()]);
    },
  };
}

async function respond(pool: Pool, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body } = await route(pool, request);
  const [type, content] =
    typeof body === "string" ? ["text/plain", body] : ["application/json", JSON.stringify(body)];
  response.writeHead(status, { "content-type": type }).end(content);
}

async function route(pool: Pool, request: IncomingMessage): Promise<SqlResponse> {
  if (isFromPage(request)) return { status: 403, body: "This endpoint is not for web pages." };
  if (request.method !== "POST" || request.url !== "/sql") {
    return { status: 404, body: "Not found. This endpoint serves only POST /sql and the WebSocket /v2." };
  }
  return runSql(pool, request.headers, await text(request));
}

/**
 * Attack: any web page in a browser on this machine can send requests to loopback. Defence: refuse
 * requests with an `Origin` header, which browsers send and drivers do not.
 */
function isFromPage(request: IncomingMessage): boolean {
  return request.headers.origin !== undefined;
}

/** Parses the connection string as `pg` does. */
function addressOf(databaseUrl: string) {
  const { host, port } = new Client({ connectionString: databaseUrl });
  return { host, port };
}
