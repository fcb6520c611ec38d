import "server-only";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";

/** How long statements wait for a database that restarts. Less than the gate's timeout. Milliseconds. */
const RESTART_WITHIN = 3_000;
/** Milliseconds. */
const RETRY_AFTER = 100;

/** PostgreSQL docs, "PostgreSQL Error Codes": it is shutting down, was killed, or is starting. */
const RESTARTING: ReadonlySet<unknown> = new Set(["57P01", "57P02", "57P03"]);

/**
 * Creates a function that runs a statement, and again if its connection has failed and the database
 * accepts connections within 3 seconds. So a restart or a failover delays a statement, and does not
 * fail it. One caller tries to connect, and the others wait for it.
 *
 * After 3 seconds the database counts as down, and statements fail at once until one has succeeded.
 * Otherwise each request would wait in an outage, and they would use up the memory.
 *
 * The statement may have been executed before its connection failed, so it must be one that can be
 * executed twice.
 */
export function createRetryAfterRestart(pool: Pool) {
  let isDown = false;
  let reconnecting: Promise<void> | undefined;

  async function reconnect(): Promise<void> {
    const deadline = performance.now() + RESTART_WITHIN;
    while (performance.now() < deadline) {
      await sleep(RETRY_AFTER);
      const accepts = await pool.query("select 1").then(
        () => true,
        () => false,
      );
      if (accepts) return;
    }
    isDown = true;
  }

  return async function retryAfterRestart<T>(run: () => Promise<T>): Promise<T> {
    const began = performance.now();
    for (;;) {
      try {
        const result = await run();
        isDown = false;
        return result;
      } catch (error) {
        // After a longer time the gate does not wait for the result any more.
        const isLate = performance.now() - began > RESTART_WITHIN;
        if (isDown || isLate || !isConnectionFailure(error)) throw error;
        reconnecting ??= reconnect().finally(() => {
          reconnecting = undefined;
        });
        await reconnecting;
      }
    }
  };
}

/** Errors of Postgres itself have a severity. */
function isConnectionFailure(error: unknown): boolean {
  const { code, severity } = error as { code?: string; severity?: string };
  return severity === undefined || RESTARTING.has(code);
}
