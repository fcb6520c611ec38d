import type { NextConfig } from "next";
import { loadEnv } from "./lib/env";

// Parsed here as well, so that a bad value fails the build and not the first request.
const env = loadEnv();

const config: NextConfig = {
  distDir: env.distDir,
  poweredByHeader: false,
  // A trailing slash belongs to the path that FastAPI is asked for.
  skipTrailingSlashRedirect: true,
  // The gate sees paths, queries and flight headers as they were sent.
  skipProxyUrlNormalize: true,
  experimental: {
    // The gate refuses what is over the limit; without this Next would cut a body at 10 MB.
    proxyClientMaxBodySize: env.maxBodyBytes,
  },
};

export default config;
