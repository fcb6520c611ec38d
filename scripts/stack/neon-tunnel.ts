import { once } from "node:events";
import { connect, isIP, type Socket } from "node:net";
import { pipeline } from "node:stream";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { createWebSocketStream, type WebSocket } from "ws";

/** Length 8 and the code of an SSLRequest (PostgreSQL docs, "Message Formats"). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

export interface PostgresAddress {
  host: string;
  port: number;
  ssl: boolean | ConnectionOptions;
  /** Milliseconds. */
  connectWithin: number;
}

/**
 * Connects a WebSocket of the Neon driver to Postgres, and passes the bytes of Postgres's own
 * protocol both ways.
 */
export async function tunnel(webSocket: WebSocket, address: PostgresAddress): Promise<void> {
  // Created before the first await, so that it buffers what the client sends meanwhile.
  const client = createWebSocketStream(webSocket);
  client.on("error", () => {});
  try {
    const postgres = await openConnection(address);
    pipeline(client, postgres, client, () => webSocket.close());
    // The driver sends the first message at once, so a working Postgres responds within this time.
    postgres.setTimeout(address.connectWithin, () => postgres.destroy());
    postgres.once("data", () => postgres.setTimeout(0));
  } catch (error) {
    webSocket.close(1014, `Postgres does not respond: ${(error as Error).message}`.slice(0, 120));
  }
}

async function openConnection({ host, port, ssl, connectWithin }: PostgresAddress): Promise<Socket> {
  const signal = AbortSignal.timeout(connectWithin);
  const socket = connect({ host, port, noDelay: true });
  try {
    await once(socket, "connect", { signal });
    if (!ssl) return socket;
    socket.write(SSL_REQUEST);
    const [reply] = await once(socket, "data", { signal });
    if (String(reply) !== "S") throw new Error("it accepts no TLS connections");
    const servername = isIP(host) ? undefined : host;
    const secure = connectTls({ socket, servername, ...(ssl === true ? {} : ssl) });
    await once(secure, "secureConnect", { signal });
    return secure;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
