import type { Backend } from "../../lib/routes";
import type { Finding } from "./check";

/** How to fix a setting that differs. */
export const SAME_VALUE = "Set the same value on both sides and restart both";
export const TOKEN_DEFAULTS = { issuer: "phase2-web", audience: "phase2-api" };

/**
 * Maps the `code` of a refusal by backend/auth.py to the setting that differs between the two
 * sides.
 */
export const tokenRefusals: Readonly<Record<string, Finding>> = {
  token_wrong_key: {
    reason: "JWT_SECRET_KEY differs: FastAPI does not have the key that the gate signs with",
    fix: `${SAME_VALUE}; FastAPI may hold several keys (old,new)`,
  },
  token_wrong_issuer: {
    reason: "JWT_ISSUER differs: FastAPI expects another issuer",
    fix: `${SAME_VALUE} (the default is ${TOKEN_DEFAULTS.issuer})`,
  },
  token_wrong_audience: {
    reason: "JWT_AUDIENCE differs: FastAPI expects another audience",
    fix: `${SAME_VALUE} (the default is ${TOKEN_DEFAULTS.audience})`,
  },
  token_expired: {
    reason: "FastAPI's clock is ahead: a fresh token has expired there",
    fix: "Synchronize the clock of FastAPI's machine with NTP",
  },
  token_not_yet_valid: {
    reason: "FastAPI's clock is behind: a fresh token is not yet valid there",
    fix: "Synchronize the clock of FastAPI's machine with NTP",
  },
  token_claims: {
    reason: "FastAPI expects other claims than the gate writes",
    fix: "Copy backend/auth.py again, or make your claims match lib/token/mint.ts",
  },
  token_missing: {
    reason: "the Authorization header does not arrive at FastAPI",
    fix: "Forward Authorization in the proxy in front of FastAPI",
  },
};

/** A further backend has its audience in the routes, not in a variable of the gate. */
export const describeOwnAudience = (audience: string): Finding => ({
  reason: `the audience differs: lib/routes.ts has "${audience}", and FastAPI expects another one`,
  fix: `Set JWT_AUDIENCE=${audience} for this FastAPI and restart it`,
});

/** Explains the `code` of a refusal by one backend. Undefined if it is not one of these. */
export function explainRefusal(code: string, { audience }: Pick<Backend, "audience">): Finding | undefined {
  const isOwn = code === "token_wrong_audience" && audience !== undefined;
  return isOwn ? describeOwnAudience(audience) : tokenRefusals[code];
}
