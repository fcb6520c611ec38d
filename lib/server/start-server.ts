import "server-only";
import { readBackend } from "../backends";
import { contentSources } from "../csp";
import { speaksNeon } from "../database-protocol";
import { EnvError, loadEnv, setGateDatabase } from "../env";
import { log } from "../log/console-log";
import { routes } from "../routes";
import { shutDownGracefully } from "./http/graceful-shutdown";
import { guardServer } from "./http/guard-server";
import { trackInFlight } from "./http/in-flight";
import { setStaticPolicies } from "./http/set-static-policy";
import { startLookupListener } from "./postgres/lookup-listener";
import { openPool } from "./postgres/pool";

/**
 * Prepares the Node server before its first request, and ends the process with 1 if it cannot be
 * prepared. Next would log the error once, and then respond to every request with 500: no
 * supervisor would notice it. The standalone server is the first to find an invalid variable.
 *
 * @param gateStatements the SQL that the gate may run
 */
export async function startServer(gateStatements: readonly string[]): Promise<void> {
  try {
    await prepare(gateStatements);
  } catch (error) {
    console.error(error instanceof EnvError ? error.message : error);
    process.exit(1);
  }
}

async function prepare(gateStatements: readonly string[]): Promise<void> {
  const env = loadEnv();
  const { appOrigin, onVercel, otlpEndpoint } = env;
  // Behind a build constant, so that no deployment contains it.
  if (__DEVELOPMENT__) (await import("./http/response-timing")).recordResponseTimings();
  // On Vercel the platform's own server receives the browser's requests.
  if (!onVercel) {
    const inFlight = trackInFlight();
    guardServer(
      appOrigin,
      routes.backends.map((backend) => readBackend(backend, env)),
      inFlight,
    );
    // `next dev` stops at once, by its own handler.
    if (!__DEVELOPMENT__) shutDownGracefully({ delayMs: env.shutdownDelaySeconds * 1000, inFlight, log });
  }
  if (!speaksNeon(env)) {
    const { connectionString } = await startLookupListener(await openPool(env), gateStatements);
    setGateDatabase(connectionString);
  }
  setStaticPolicies(routes, contentSources, env.appOrigin.startsWith("https:"));
  if (otlpEndpoint && !__TRACING__) {
    log({
      code: "tracing_not_built",
      what: "OTEL_EXPORTER_OTLP_ENDPOINT has to be set when the app is built",
    });
  }
}
