/** Constants of the build, which `next.config.ts` puts in: what stands behind a false one is in no bundle. */

/** Whether traces are exported: `OTEL_EXPORTER_OTLP_ENDPOINT` was set. */
declare const __TRACING__: boolean;

/** Whether this is `next dev`. */
declare const __DEVELOPMENT__: boolean;

/** `BACKEND_TIMEOUT_SECONDS`, in the bundles of server and browser. Not defined outside a build, in unit tests. */
declare const __BACKEND_TIMEOUT_SECONDS__: number;
