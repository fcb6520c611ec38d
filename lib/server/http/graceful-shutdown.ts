import "server-only";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../log/log";
import { markStopping } from "../stopping";
import { onAppRequest } from "./app-requests";
import type { InFlight } from "./in-flight";

/**
 * How long requests may take after the server has stopped accepting connections. Together with the
 * default delay this is less than the 30 seconds that Kubernetes waits. Milliseconds.
 */
const FINISH_WITHIN = 20_000;

/** How long work that Next runs after its responses may take, such as emails. Milliseconds. */
const CLEAN_UP_WITHIN = 3_000;

/**
 * Ctrl-C sends the signal twice: the terminal sends it to the whole group, and npm forwards it. A
 * signal counts as the second one only after this time. Milliseconds.
 */
const REPEATED_WITHIN = 1_000;

export interface ShutdownOptions {
  /** How long the server still accepts connections after the signal. Milliseconds. */
  readonly delayMs: number;
  readonly inFlight: InFlight;
  readonly log: Log;
}

/**
 * Stops this server in steps after SIGTERM or SIGINT, so that no request fails
 * (docs/decisions/028-stopping-a-server.md):
 *
 * 1. `/api/health/ready` responds with 503, and every response has `Connection: close`.
 * 2. After the delay Next's own handler of the signal closes the server: it accepts no connection.
 * 3. WebSockets and event streams are closed. Other requests have {@link FINISH_WITHIN} to end.
 * 4. Next runs what was to be done after its responses, and the process exits with 0.
 *
 * A second signal ends the process at once.
 */
export function shutDownGracefully(options: ShutdownOptions): void {
  let signalledAt: number | undefined;
  for (const [signal, exitCode] of [["SIGTERM", 143] as const, ["SIGINT", 130] as const]) {
    // Next has added its handlers before it calls `instrumentation.ts`. With
    // NEXT_MANUAL_SIG_HANDLE there are none, and the app handles signals by itself.
    const handlers = process.listeners(signal);
    if (handlers.length === 0) continue;
    process.removeAllListeners(signal);
    process.on(signal, () => {
      if (signalledAt !== undefined) {
        if (performance.now() - signalledAt <= REPEATED_WITHIN) return;
        process.off("exit", succeed);
        process.exit(exitCode);
      }
      signalledAt = performance.now();
      options.log({ code: "server_stopping", what: signal });
      const closeServer = () => {
        for (const handler of handlers) handler(signal);
      };
      void stop(closeServer, options);
    });
  }
}

async function stop(closeServer: () => void, { delayMs, inFlight, log }: ShutdownOptions): Promise<void> {
  markStopping();
  for (const response of inFlight.responses) closeAfter(response);
  onAppRequest(({ response }) => closeAfter(response));
  await sleep(delayMs);

  process.on("exit", succeed);
  closeServer();
  for (const socket of inFlight.upgraded) socket.destroy();
  for (const response of inFlight.responses) if (isEventStream(response)) response.destroy();
  await untilEnded(inFlight, FINISH_WITHIN);
  const { size } = inFlight.responses;
  if (size > 0) log({ code: "server_cut_requests", what: `${size}` });
  // Requests that took too long, and connections without a request. Then Next's handler goes on.
  for (const server of inFlight.servers) server.closeAllConnections();
  setTimeout(() => process.exit(), CLEAN_UP_WITHIN);
}

/**
 * RFC 9112 §9.6: tells the client to send no other request on this connection. The header is set
 * when the head is written, because Next copies the one of the backend.
 */
function closeAfter(response: ServerResponse): void {
  if (response.headersSent) return;
  const writeHead = response.writeHead as (...args: unknown[]) => ServerResponse;
  response.writeHead = (...args: unknown[]) => {
    response.setHeader("connection", "close");
    return writeHead.apply(response, args);
  };
}

/** Such a response has no end. An EventSource connects again by itself. */
function isEventStream(response: ServerResponse): boolean {
  return String(response.getHeader("content-type")).startsWith("text/event-stream");
}

/**
 * Waits for the requests that have not ended. Their lookups work meanwhile, because the listener for
 * them (`lib/server/postgres/lookup-listener.ts`) serves until the process exits.
 */
async function untilEnded({ responses, servers }: InFlight, within: number): Promise<void> {
  const deadline = performance.now() + within;
  while (responses.size > 0 && performance.now() < deadline) {
    await sleep(50);
    // A response whose head was sent before the signal has no `Connection: close`. Node's
    // `server.close` closes the connections that are idle, but not those that become idle later.
    for (const server of servers) server.closeIdleConnections();
  }
}

/** Next exits with 143, which systemd and others treat as a failure. */
function succeed(): void {
  process.exitCode = 0;
}
