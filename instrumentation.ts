import type { Instrumentation } from "next";
import { loadEnv } from "./lib/env";
import { log } from "./lib/log/console-log";
import { describeError } from "./lib/log/describe-error";
import { readTrace } from "./lib/log/request-trace";

/** Next calls this once in each runtime, before the first request. */
export async function register(): Promise<void> {
  const { appOrigin, backendUrl, onVercel, otlpEndpoint } = loadEnv();
  // Next replaces NEXT_RUNTIME with a constant. Imports inside this block are not in the build for
  // the edge.
  if (process.env.NEXT_RUNTIME === "nodejs") {
    if (__DEVELOPMENT__) (await import("./lib/server/http/response-timing")).recordResponseTimings();
    // On Vercel the platform's own server receives the browser's requests.
    if (!onVercel) (await import("./lib/server/http/guard-server")).guardServer(appOrigin);
  }
  if (!otlpEndpoint) return;
  if (!__TRACING__) {
    log({
      code: "tracing_not_built",
      what: "OTEL_EXPORTER_OTLP_ENDPOINT has to be set when the app is built",
    });
    return;
  }
  const { registerOTel } = await import("@vercel/otel");
  registerOTel({
    serviceName: "gatehouse",
    // Without this, `@vercel/otel` would start another trace for a request that the gate forwards,
    // and send FastAPI the ID of that trace. A page's call to FastAPI requests its own span
    // (`lib/server/backend-api.ts`).
    instrumentationConfig: { fetch: { ignoreUrls: [backendUrl] } },
  });
}

/**
 * Next calls this for each error that a page, a route handler or a server action throws. Writes one
 * line to the log.
 */
export const onRequestError: Instrumentation.onRequestError = (error, request, { routeType, routePath }) => {
  const { requestId, traceId } = readTrace({ get: (name) => [request.headers[name]].flat()[0] ?? null });
  const digest = error instanceof Error && "digest" in error ? String(error.digest) : undefined;
  log({
    // A client can send an invalid router state to any page. That is not an error of the page.
    code: isAboutRouterState(error) ? "page_unreadable_state" : "page_failed",
    request_id: requestId,
    trace_id: traceId,
    what: `${routeType} ${routePath}`,
    digest,
    error: describeError(error),
  });
};

/** Next has three errors with this text: the header is invalid, too large, or sent twice. */
function isAboutRouterState(error: unknown): boolean {
  return error instanceof Error && /router state header/.test(error.message);
}
