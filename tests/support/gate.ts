import type { GateEnv } from "../../edge/steps";
import { AUTH_SECRET, JWT_KEY } from "./signing";

/** Settings of a gate for tests. `more` replaces some of them. */
export function gateEnv(appOrigin: string, more: Partial<GateEnv> = {}): GateEnv {
  return {
    appOrigin,
    origins: [appOrigin],
    backendUrl: "http://backend.internal:8000",
    forwarding: "rewrite",
    authSecrets: [AUTH_SECRET],
    jwt: { keys: [JWT_KEY], issuer: "phase2-web", audience: "phase2-api", ttlSeconds: 300 },
    sessionMaxStaleSeconds: 60,
    maxBodyBytes: 1000,
    backendTimeoutSeconds: 120,
    nextServer: undefined,
    clientAddressHeader: undefined,
    development: false,
    ...more,
  };
}
