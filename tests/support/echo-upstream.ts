import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

/** A request as it was received, byte for byte where possible. */
export interface Arrived {
  readonly method: string;
  readonly url: string;
  /** Names in lower case, each with all its values. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: Buffer;
}

/** Starts an upstream that responds with the request it received, and keeps it. */
export async function startEchoUpstream() {
  const arrived: Arrived[] = [];
  let refusal: string | undefined;
  const refused = new Set<Duplex>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const seen = describe(request, Buffer.concat(chunks));
    arrived.push(seen);
    const status = Number(new URL(seen.url, "http://x").searchParams.get("status") ?? 200);
    response.writeHead(status, { "content-type": "application/json", "cache-control": "private, no-store" });
    response.end(JSON.stringify({ ...seen, body: seen.body.toString("utf8") }));
  });
  server.on("upgrade", (request, socket) => {
    arrived.push(describe(request, Buffer.alloc(0)));
    if (refusal) {
      refused.add(socket);
      socket.on("error", () => {});
      return void socket.write(refusal);
    }
    // RFC 6455 §1.3
    const accept = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    socket.end(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    /**
     * Sends these bytes instead of the response to a WebSocket handshake, and leaves the connection
     * open.
     */
    refuseUpgradesWith(bytes: string | undefined) {
      refusal = bytes;
    },
    async stop() {
      server.closeAllConnections();
      for (const socket of refused) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function describe(request: IncomingMessage, body: Buffer): Arrived {
  const headers: Record<string, string[]> = {};
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] ?? "").toLowerCase();
    headers[name] = [...(headers[name] ?? []), request.rawHeaders[i + 1] ?? ""];
  }
  return { method: request.method ?? "", url: request.url ?? "", headers, body };
}
