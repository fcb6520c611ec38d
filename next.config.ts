import type { NextConfig } from "next";
import { readBackend } from "./lib/backends";
import { findFiles } from "./lib/build/find-public-files";
import { listPublicFiles } from "./lib/build/list-public-files";
import { checkContentSources } from "./lib/check-csp";
import { checkRoutes } from "./lib/check-routes";
import { chooseBackendPolicy } from "./lib/content-policy";
import { contentSources } from "./lib/csp";
import { loadEnv } from "./lib/env";
import { assertEnvFiles } from "./lib/env-files";
import { organizations } from "./lib/organizations";
import { routes } from "./lib/routes";
import { securityHeaders } from "./lib/security-headers";

// Before `loadEnv`, which would only report that a value is invalid. This reports that a line of an
// .env file was misread.
assertEnvFiles(process.cwd());
// Before `loadEnv` too: the routes name variables.
checkRoutes(routes, organizations);
// Parsed here as well, so that an invalid value fails the build, not the first request.
const env = loadEnv();
checkContentSources(contentSources);

// `page.dev.tsx` is a page in development. A build ignores the file.
const pageExtensions = env.development ? ["dev.tsx", "dev.ts", "tsx", "ts"] : ["tsx", "ts"];
const publicFiles = listPublicFiles(findFiles(process.cwd(), pageExtensions), routes);
const backends = routes.backends.map((backend) => readBackend(backend, env));

const toList = (headers: Record<string, string>) =>
  Object.entries(headers).map(([key, value]) => ({ key, value }));

const config: NextConfig = {
  basePath: routes.basePath,
  distDir: env.distDir,
  poweredByHeader: false,
  // Only the app: a type error in a test or a script does not fail a build.
  typescript: { tsconfigPath: "tsconfig.app.json" },
  // In this corner Next's indicator covers no part of the app, not even on phones.
  devIndicators: { position: "top-right" },
  pageExtensions,
  // FastAPI distinguishes paths with and without a trailing slash, so Next must not redirect to
  // remove it.
  skipTrailingSlashRedirect: true,
  // The gate reads paths, queries and the headers of Next's router as the client sent them.
  skipProxyUrlNormalize: true,
  headers: async () => [
    { source: "/:path*", headers: toList(securityHeaders(env.appOrigin)) },
    // With `next start` a backend could replace this header, so
    // lib/server/http/guard-responses.ts sets it again.
    ...backends.flatMap(({ prefix, docsPage }) =>
      // Of two entries for a path the later one counts.
      [`${prefix}/:path*`, docsPage ?? []].flat().map((source) => ({
        source,
        headers: toList({ "content-security-policy": chooseBackendPolicy(source, docsPage) }),
      })),
    ),
  ],
  // Code behind a constant that is false is in no bundle (`lib/build-constants.d.ts`).
  compiler: {
    define: { __BACKEND_TIMEOUT_SECONDS__: env.backendTimeoutSeconds },
    defineServer: {
      __PUBLIC_FILES__: JSON.stringify(publicFiles),
      __TRACING__: env.otlpEndpoint !== undefined,
      __DEVELOPMENT__: env.development,
    },
  },
  experimental: {
    // The gate refuses bodies over the limit of their backend. Without this option Next would cut
    // bodies at 10 MB. Bytes.
    proxyClientMaxBodySize: Math.max(...backends.map(({ maxBodyBytes }) => maxBodyBytes)),
    // Without this option Next would stop waiting for the backend after 30 seconds. Milliseconds.
    proxyTimeout: Math.max(...backends.map(({ timeoutSeconds }) => timeoutSeconds)) * 1000,
  },
};

export default config;
