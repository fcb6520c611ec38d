/** Constants of the build, which `next.config.ts` puts in: what stands behind a false one is in no bundle. */

/** Whether traces are exported: `OTEL_EXPORTER_OTLP_ENDPOINT` was set. */
declare const __TRACING__: boolean;

/** Whether this is `next dev`. */
declare const __DEVELOPMENT__: boolean;
