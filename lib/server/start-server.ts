import "server-only";
import { contentSources } from "../csp";
import { loadEnv } from "../env";
import { log } from "../log/console-log";
import { guardServer } from "./http/guard-server";
import { setStaticPolicies } from "./http/set-static-policy";

/** Prepares the Node server before its first request. */
export async function startServer(): Promise<void> {
  const { appOrigin, onVercel, otlpEndpoint } = loadEnv();
  // Behind a build constant, so that no deployment contains it.
  if (__DEVELOPMENT__) (await import("./http/response-timing")).recordResponseTimings();
  // On Vercel the platform's own server receives the browser's requests.
  if (!onVercel) guardServer(appOrigin);
  setStaticPolicies(contentSources, appOrigin.startsWith("https:"));
  if (otlpEndpoint && !__TRACING__) {
    log({
      code: "tracing_not_built",
      what: "OTEL_EXPORTER_OTLP_ENDPOINT has to be set when the app is built",
    });
  }
}
