import { setTimeout as wait } from "node:timers/promises";
import { readBackend, slugOf } from "@/lib/backends";
import { loadEnv } from "@/lib/env";
import { log } from "@/lib/log/console-log";
import { readTrace } from "@/lib/log/request-trace";
import { RETRY_AFTER } from "@/lib/problem";
import { type Routes, routes } from "@/lib/routes";
import { createBackendProbe, createDatabaseProbe } from "@/lib/server/probes";
import { createReadiness, isReady } from "@/lib/server/readiness";
import { isStopping } from "@/lib/server/stopping";

const env = loadEnv();
const [first, ...further]: Routes["backends"] = routes.backends;

const readiness = createReadiness({
  probes: {
    database: createDatabaseProbe(env),
    backend: createBackendProbe(readBackend(first, env)),
    ...Object.fromEntries(
      further.map((backend) => [`backend-${slugOf(backend)}`, createBackendProbe(readBackend(backend, env))]),
    ),
  },
  now: Date.now,
  wait,
  log,
});

/**
 * Reports whether this instance is ready. If it is not, the response is a 503 that names the
 * failing part, without details. An instance that is stopping is not ready.
 */
export async function GET(request: Request): Promise<Response> {
  const parts = isStopping() ? { server: "stopping" } : await readiness(readTrace(request.headers));
  const headers = { "cache-control": "no-store" };
  return isReady(parts)
    ? Response.json({ status: "ready", ...parts }, { headers })
    : Response.json(
        { status: "not ready", ...parts },
        { status: 503, headers: { ...headers, "retry-after": RETRY_AFTER } },
      );
}
