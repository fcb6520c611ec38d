import { type JwtConfig, LEEWAY_SECONDS } from "../../../lib/token/contract";
import type { Answer } from "./ask";
import type { Finding } from "./check";
import type { Probe, Variation } from "./probe";

const SAME = "Give both sides the same value and start both anew";
const DEFAULTS = { issuer: "phase2-web", audience: "phase2-api" };

/**
 * Maps the `code` of a refusal by backend/auth.py to the setting that differs between the two
 * sides.
 */
const BY_CODE: Record<string, Finding> = {
  token_wrong_key: {
    reason: "JWT_SECRET_KEY differs: FastAPI does not have the key that signs here",
    mend: `${SAME} for JWT_SECRET_KEY; FastAPI may hold a ring, old,new`,
  },
  token_wrong_issuer: {
    reason: "JWT_ISSUER differs: FastAPI waits for another issuer",
    mend: `${SAME} for JWT_ISSUER (without one it is ${DEFAULTS.issuer})`,
  },
  token_wrong_audience: {
    reason: "JWT_AUDIENCE differs: FastAPI waits for another audience",
    mend: `${SAME} for JWT_AUDIENCE (without one it is ${DEFAULTS.audience})`,
  },
  token_expired: {
    reason: "FastAPI's clock is ahead: a fresh token has expired there",
    mend: "Set the clock of FastAPI's machine by NTP",
  },
  token_not_yet_valid: {
    reason: "FastAPI's clock is behind: a fresh token is not yet valid there",
    mend: "Set the clock of FastAPI's machine by NTP",
  },
  token_claims: {
    reason: "FastAPI wants other claims than the gate writes",
    mend: "Copy backend/auth.py anew, or bring lib/token/mint.ts and your claims together",
  },
  token_missing: {
    reason: "the Authorization header does not arrive at FastAPI",
    mend: "Have whatever stands before FastAPI pass Authorization on",
  },
  gate_signed_out: {
    reason: "BACKEND_URL is the address of a Gatehouse app, and not of FastAPI",
    mend: "Set BACKEND_URL to the address of FastAPI itself",
  },
};

/**
 * Finds out why FastAPI refuses the gate's token: first by trying other tokens, then by the code of
 * its response.
 */
export async function diagnose(refusal: Answer, config: JwtConfig, probe: Probe): Promise<Finding> {
  const code = codeOf(refusal);
  const byTrial = await tryVariations(refusal, config, probe);
  if (byTrial) return byTrial;
  return (
    BY_CODE[code ?? ""] ?? {
      reason: `FastAPI refuses our token${code ? ` (${code})` : " and does not say why"}`,
      mend: `Compare JWT_SECRET_KEY, JWT_ISSUER and JWT_AUDIENCE on both sides; backend/auth.py says which it is`,
    }
  );
}

/**
 * Tries tokens that differ in one setting. A token that is accepted tells more than an error code.
 */
async function tryVariations(
  { ahead = 0 }: Answer,
  config: JwtConfig,
  probe: Probe,
): Promise<Finding | undefined> {
  for (const { variation, finding } of suspects(config, ahead)) {
    if (isAccepted(await probe.varied(variation))) return finding;
  }
  return undefined;
}

function suspects(config: JwtConfig, ahead: number): { variation: Variation; finding: Finding }[] {
  const laterKeys = config.keys.slice(1).map((key) => ({
    variation: { keys: [key] },
    finding: {
      reason: "JWT_SECRET_KEY: FastAPI knows a later key of the ring, and not the first, which signs",
      mend: "Rotate in this order: FastAPI old,new; then the gate new; then FastAPI new",
    },
  }));
  const names = (["issuer", "audience"] as const).filter((name) => config[name] !== DEFAULTS[name]);
  const defaults = names.map((name) => ({
    variation: { [name]: DEFAULTS[name] },
    finding: {
      reason: `JWT_${name.toUpperCase()} differs: FastAPI waits for the default, ${DEFAULTS[name]}`,
      mend: `${SAME} for JWT_${name.toUpperCase()}`,
    },
  }));
  const clock = {
    variation: { shift: ahead * 1000 },
    finding: {
      reason: `FastAPI's clock is ${Math.abs(ahead).toFixed(0)} s ${ahead > 0 ? "ahead" : "behind"}`,
      mend: "Set the clock of FastAPI's machine by NTP",
    },
  };
  return [...laterKeys, ...defaults, ...(Math.abs(ahead) > LEEWAY_SECONDS ? [clock] : [])];
}

export const isAccepted = ({ status }: Answer) => status >= 200 && status < 300;

/**
 * The `code` in a JSON response, such as a refusal of backend/auth.py. Undefined if there is none.
 */
export function codeOf({ text }: Answer): string | undefined {
  try {
    const { code } = JSON.parse(text);
    return typeof code === "string" && /^\w{1,64}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
}
