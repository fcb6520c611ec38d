import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { LOOPBACK, listen } from "../lib/ports";

/** How many events `/events` sends before it ends. */
export const EVENTS = 5;

/**
 * Starts a backend that echoes requests, streams events and responds slowly. It counts the
 * responses that have not ended.
 */
export async function startSoakUpstream() {
  const open = new Set<ServerResponse>();
  const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
    open.add(response);
    response.on("close", () => open.delete(response));
    // A client that disconnects in the middle of its body is part of the traffic.
    request.on("error", () => response.destroy());
    if (request.url === "/events") return sendEvents(response);
    if (request.url === "/slow") return void setTimeout(() => response.end("{}"), 1_500);
    echo(request, response);
  });
  const port = await listen(server);
  return {
    url: `http://${LOOPBACK}:${port}`,
    /** The number of responses that have not ended. */
    open: () => open.size,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function echo(request: IncomingMessage, response: ServerResponse): void {
  const hash = createHash("sha256");
  request.on("data", (piece) => hash.update(piece));
  request.on("end", () => {
    response.writeHead(200, { "content-type": "application/json", "cache-control": "private, no-store" });
    const { authorization, cookie } = request.headers;
    response.end(JSON.stringify({ authorization, cookie, sha256: hash.digest("hex") }));
  });
}

function sendEvents(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  let sent = 0;
  const send = () => {
    response.write(`data: ${++sent}\n\n`);
    if (sent < EVENTS) return;
    clearInterval(timer);
    response.end();
  };
  const timer = setInterval(send, 100);
  response.on("close", () => clearInterval(timer));
  send();
}
