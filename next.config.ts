import type { NextConfig } from "next";
import { BACKEND_POLICY } from "./lib/content-policy";
import { loadEnv } from "./lib/env";
import { assertEnvFiles } from "./lib/env-files";
import { routes } from "./lib/routes";
import { securityHeaders } from "./lib/security-headers";

// Before the values: a line that is misread explains what is wrong with them.
assertEnvFiles(process.cwd());
// Parsed here as well, so that a bad value fails the build and not the first request.
const env = loadEnv();

const toList = (headers: Record<string, string>) =>
  Object.entries(headers).map(([key, value]) => ({ key, value }));

const config: NextConfig = {
  distDir: env.distDir,
  poweredByHeader: false,
  // Where no notice of the app's shows, on a phone either.
  devIndicators: { position: "top-right" },
  // `page.dev.tsx` is a page in development, and a file that nobody asks for in a build.
  pageExtensions: env.development ? ["dev.tsx", "dev.ts", "tsx", "ts"] : ["tsx", "ts"],
  // A trailing slash belongs to the path that FastAPI is asked for.
  skipTrailingSlashRedirect: true,
  // The gate sees paths, queries and flight headers as they were sent.
  skipProxyUrlNormalize: true,
  headers: async () => [
    { source: "/:path*", headers: toList(securityHeaders(env.appOrigin)) },
    // In `next start` the backend could replace this one, and `lib/guard-responses.ts` sets it
    // again.
    { source: `${routes.backend}/:path*`, headers: toList({ "content-security-policy": BACKEND_POLICY }) },
  ],
  // What stands behind a false one is in no bundle (`lib/build-constants.d.ts`).
  compiler: {
    define: { __BACKEND_TIMEOUT_SECONDS__: env.backendTimeoutSeconds },
    defineServer: { __TRACING__: env.otlpEndpoint !== undefined, __DEVELOPMENT__: env.development },
  },
  experimental: {
    // The gate refuses what is over the limit; without this Next would cut a body at 10 MB.
    proxyClientMaxBodySize: env.maxBodyBytes,
    // Without this Next would give up a silent backend after 30 seconds. Milliseconds.
    proxyTimeout: env.backendTimeoutSeconds * 1000,
  },
};

export default config;
