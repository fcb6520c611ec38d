/**
 * Build constants, which `next.config.ts` replaces by their values. Code behind a false constant is
 * not part of the bundle.
 */

/** Whether traces are exported: `OTEL_EXPORTER_OTLP_ENDPOINT` was set. */
declare const __TRACING__: boolean;

/** Whether this is `next dev`. */
declare const __DEVELOPMENT__: boolean;

/** The list of public files (`lib/public-files.ts`), as JSON. */
declare const __PUBLIC_FILES__: string;

/**
 * `BACKEND_TIMEOUT_SECONDS`, in the bundles of server and browser. Not defined outside a build,
 * such as in unit tests.
 */
declare const __BACKEND_TIMEOUT_SECONDS__: number;
