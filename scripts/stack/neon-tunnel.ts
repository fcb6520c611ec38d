import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { pipeline } from "node:stream";
import { createWebSocketStream, type WebSocket } from "ws";

export interface PostgresAddress {
  host: string;
  port: number;
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

async function openConnection({ host, port, connectWithin }: PostgresAddress): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(connectWithin) });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
