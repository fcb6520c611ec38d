import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { fail } from "./user-error";

/** All local servers listen on this address only. */
export const LOOPBACK = "127.0.0.1";

/** Listens on loopback and returns the port. */
export async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, LOOPBACK);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/**
 * Below the ports that systems use for outgoing connections and for port 0, so that none of these
 * takes a port between this search and its use. Above 10080, which browsers refuse.
 */
const SEARCHED = { first: 11_000, count: 21_000 };

/** Each process searches from a place of its own, because several may search at the same time. */
let searched = process.pid * 101;

/** Returns a free port: `preferred` if it is free. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isPortFree(preferred))) return preferred;
  for (;;) {
    const port = SEARCHED.first + (searched++ % SEARCHED.count);
    if (await isPortFree(port)) return port;
  }
}

/** @throws {UserError} when the port is in use; `fix` tells the user what to do */
export async function assertPortFree(port: number, fix: string): Promise<void> {
  if (!(await isPortFree(port))) fail(`Port ${port} is in use. ${fix}`);
}

/** Whether a server accepts connections on this port. */
export function acceptsConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const settle = (accepts: boolean) => {
      socket.destroy();
      resolve(accepts);
    };
    socket.on("connect", () => settle(true));
    socket.on("error", () => settle(false));
    socket.on("timeout", () => settle(false));
  });
}

async function isPortFree(port: number): Promise<boolean> {
  // Check IPv4 and IPv6: for localhost, browsers try ::1 first, and some systems allow a listener
  // on 127.0.0.1 next to one on ::.
  const inUse = await Promise.all([acceptsConnections(LOOPBACK, port), acceptsConnections("::1", port)]);
  if (inUse.includes(true)) return false;
  const server = createServer();
  try {
    await listen(server, port);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES") fail(`This user may not listen on port ${port}. Use a port above 1023.`);
    return false;
  } finally {
    server.close();
  }
}
