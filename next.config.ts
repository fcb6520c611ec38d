import type { NextConfig } from "next";
import { loadEnv } from "./lib/env";
import { assertEnvFiles } from "./lib/env-files";

// Before the values: a line that is misread explains what is wrong with them.
assertEnvFiles(process.cwd());
// Parsed here as well, so that a bad value fails the build and not the first request.
const env = loadEnv();

/** Of every answer, the backend's too. The policy for scripts is the gate's: it differs with each page. */
const headers = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "strict-origin-when-cross-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "X-Frame-Options": "DENY",
  "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
  ...(env.appOrigin.startsWith("https:") && {
    "Strict-Transport-Security": "max-age=63072000",
  }),
};

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
    { source: "/:path*", headers: Object.entries(headers).map(([key, value]) => ({ key, value })) },
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
