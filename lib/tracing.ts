import { registerOTel } from "@vercel/otel";
import { loadEnv } from "./env";

/** Exports the traces of this runtime, if `OTEL_EXPORTER_OTLP_ENDPOINT` is set. */
export function exportTraces(): void {
  const { backendUrls, otlpEndpoint } = loadEnv();
  if (!otlpEndpoint) return;
  registerOTel({
    serviceName: "gatehouse",
    // Without this, `@vercel/otel` would start another trace for a request that the gate forwards,
    // and send FastAPI the ID of that trace. A page's call to FastAPI requests its own span
    // (`lib/server/backend-api.ts`).
    instrumentationConfig: { fetch: { ignoreUrls: Object.values(backendUrls) } },
  });
}
