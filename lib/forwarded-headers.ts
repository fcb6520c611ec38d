/**
 * The request headers that are forwarded to the backend unchanged. Every other header is dropped,
 * and its name is written to the log once (`header_not_forwarded`). Add the headers of your own API
 * to `app`, in lower case.
 *
 * Before you add a header, consider what the backend would believe if an attacker chose its value:
 * any signed-in caller can send it. Never list a header that names a person, a group, an address, a
 * host or a certificate.
 */
export const forwardedHeaders = {
  /** Your own. */
  app: [],

  /**
   * RFC 9112 §6: these frame the body. Without them the backend would read the body as a second
   * request.
   */
  framing: ["content-length", "transfer-encoding"],

  /** RFC 9110 §8, RFC 6266, RFC 9530: they describe the body. */
  content: [
    "content-type",
    "content-encoding",
    "content-language",
    "content-location",
    "content-disposition",
    "content-range",
    "content-digest",
    "content-md5",
    "repr-digest",
    "digest",
  ],

  /**
   * RFC 9110 §12, RFC 7240, RFC 7089: what the client prefers. Not `accept-encoding`: Next
   * compresses responses itself.
   */
  negotiation: [
    "accept",
    "accept-charset",
    "accept-datetime",
    "accept-features",
    "accept-language",
    "accept-profile",
    "accept-version",
    "content-profile",
    "prefer",
    "want-digest",
    "want-content-digest",
    "want-repr-digest",
  ],

  /** RFC 9110 §13 and §14, RFC 9111, RFC 3229: conditions, ranges, caches. */
  conditions: [
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "if-range",
    "range",
    "a-im",
    "cache-control",
    "pragma",
  ],

  /**
   * RFC 9110 §10.1, RFC 9218, RFC 6454: the client and its page. `origin` is forwarded only if it
   * is one of this app's own origins.
   */
  client: ["user-agent", "origin", "referer", "date", "priority", "dnt", "sec-gpc", "save-data"],

  /** Retries, concurrency and resuming: draft-ietf-httpapi-idempotency-key-header, HTML §9.2.4. */
  retries: ["idempotency-key", "x-idempotency-key", "last-event-id"],

  /** Fetch Metadata. Page scripts cannot set these. */
  fetchMetadata: [
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "sec-fetch-storage-access",
    "sec-purpose",
    "purpose",
    "upgrade-insecure-requests",
  ],

  /** RFC 8942 and User-Agent Client Hints. */
  clientHints: [
    "sec-ch-ua",
    "sec-ch-ua-arch",
    "sec-ch-ua-bitness",
    "sec-ch-ua-form-factors",
    "sec-ch-ua-full-version",
    "sec-ch-ua-full-version-list",
    "sec-ch-ua-mobile",
    "sec-ch-ua-model",
    "sec-ch-ua-platform",
    "sec-ch-ua-platform-version",
    "sec-ch-ua-wow64",
    "sec-ch-prefers-color-scheme",
    "sec-ch-prefers-contrast",
    "sec-ch-prefers-reduced-data",
    "sec-ch-prefers-reduced-motion",
    "sec-ch-prefers-reduced-transparency",
    "sec-ch-save-data",
    "sec-ch-device-memory",
    "sec-ch-dpr",
    "sec-ch-width",
    "sec-ch-viewport-width",
    "sec-ch-viewport-height",
    "sec-ch-downlink",
    "sec-ch-ect",
    "sec-ch-rtt",
    "device-memory",
    "dpr",
    "width",
    "viewport-width",
    "downlink",
    "ect",
    "rtt",
  ],

  /** RFC 6455 §4.1. */
  webSocket: [
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
  ],

  /**
   * W3C Trace Context and Baggage, B3, and the older headers of other tracers. They identify a
   * trace, never a person.
   */
  tracing: [
    "traceparent",
    "tracestate",
    "baggage",
    "b3",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-b3-parentspanid",
    "x-b3-sampled",
    "x-b3-flags",
    "sentry-trace",
    "uber-trace-id",
    "elastic-apm-traceparent",
    "newrelic",
    "request-id",
    "request-context",
    "grpc-trace-bin",
    "ot-tracer-traceid",
    "ot-tracer-spanid",
    "ot-tracer-sampled",
    "x-instana-t",
    "x-instana-s",
    "x-instana-l",
    "x-dtc",
    "x-dtpc",
    "x-trace-id",
    "x-datadog-trace-id",
    "x-datadog-parent-id",
    "x-datadog-sampling-priority",
    "x-datadog-origin",
    "x-datadog-tags",
    "x-correlation-id",
    "correlation-id",
  ],

  /**
   * Headers that HTTP clients and frameworks add to a page's own requests, including CSRF tokens.
   */
  pageScripts: [
    "x-requested-with",
    "x-csrf-token",
    "x-csrftoken",
    "x-xsrf-token",
    "csrf-token",
    "hx-request",
    "hx-boosted",
    "hx-current-url",
    "hx-history-restore-request",
    "hx-prompt",
    "hx-target",
    "hx-trigger",
    "hx-trigger-name",
    "hx-request-type",
    "hx-source",
    "turbo-frame",
    "x-turbo-request-id",
    "x-inertia",
    "x-inertia-version",
    "x-inertia-partial-component",
    "x-inertia-partial-data",
    "x-inertia-partial-except",
    "x-inertia-error-bag",
    "x-inertia-reset",
    "x-up-context",
    "x-up-fail-mode",
    "x-up-fail-target",
    "x-up-mode",
    "x-up-target",
    "x-up-validate",
    "x-up-version",
    "x-livewire",
    "x-pjax",
    "x-pjax-container",
  ],

  /** Versions of the client and the API, and the client's language and time zone. */
  versions: [
    "api-version",
    "x-api-version",
    "x-app-build",
    "x-app-name",
    "x-app-platform",
    "x-app-version",
    "x-build",
    "x-client-build",
    "x-client-info",
    "x-client-name",
    "x-client-platform",
    "x-client-version",
    "x-platform",
    "x-version",
    "x-locale",
    "x-language",
    "time-zone",
    "x-time-zone",
    "x-timezone",
    "x-timezone-offset",
  ],

  /** Resumable uploads: tus 1.0, draft-ietf-httpbis-resumable-upload, FilePond; names of files. */
  uploads: [
    "tus-resumable",
    "upload-checksum",
    "upload-complete",
    "upload-concat",
    "upload-defer-length",
    "upload-draft-interop-version",
    "upload-incomplete",
    "upload-length",
    "upload-limit",
    "upload-metadata",
    "upload-name",
    "upload-offset",
    "x-file-name",
    "x-file-size",
    "x-file-type",
    "x-filename",
    "x-upload-content-length",
    "x-upload-content-type",
  ],

  /** gRPC-Web, Connect, GraphQL, tRPC, OData, SignalR, MCP. */
  rpc: [
    "x-grpc-web",
    "x-user-agent",
    "grpc-timeout",
    "grpc-encoding",
    "grpc-accept-encoding",
    "connect-protocol-version",
    "connect-timeout-ms",
    "connect-content-encoding",
    "connect-accept-encoding",
    "apollo-require-preflight",
    "apollographql-client-name",
    "apollographql-client-version",
    "graphql-preflight",
    "graphql-require-preflight",
    "x-apollo-operation-id",
    "x-apollo-operation-name",
    "x-apollo-operation-type",
    "trpc-accept",
    "trpc-batch-mode",
    "x-trpc-source",
    "odata-version",
    "odata-maxversion",
    "x-signalr-user-agent",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
    "soapaction",
  ],

  /** RFC 4918 and RFC 5023. */
  documents: ["depth", "destination", "if", "lock-token", "overwrite", "timeout", "slug", "link"],
} as const satisfies Record<string, readonly string[]>;
