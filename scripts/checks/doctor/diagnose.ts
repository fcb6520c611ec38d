import { type Backend, routes } from "../../../lib/routes";
import { type JwtConfig, LEEWAY_SECONDS } from "../../../lib/token/contract";
import type { Finding } from "../check";
import type { HttpResponse } from "../probe";
import { describeOwnAudience, explainRefusal, SAME_VALUE, TOKEN_DEFAULTS } from "../token-refusals";
import type { TimedResponse } from "./request";
import type { TokenProbe, Variation } from "./token-probe";

/**
 * Finds out why FastAPI refuses the gate's token: first by trying other tokens, then by the code of
 * its response.
 */
export async function diagnose(
  refusal: TimedResponse,
  config: JwtConfig,
  probe: TokenProbe,
  { address, audience }: Pick<Backend, "address" | "audience"> = routes.backends[0],
): Promise<Finding> {
  const code = readCode(refusal);
  const byTrial = await tryVariations(refusal, config, probe, audience);
  if (byTrial) return byTrial;
  if (code === "gate_signed_out") return describeGate(address);
  return (
    explainRefusal(code ?? "", { audience }) ?? {
      reason: `FastAPI refuses the gate's token${code ? ` (${code})` : " and gives no reason"}`,
      fix: "Compare JWT_SECRET_KEY, JWT_ISSUER and JWT_AUDIENCE on both sides",
    }
  );
}

const describeGate = (address: string): Finding => ({
  reason: `${address} is the address of a Gatehouse app, not of FastAPI`,
  fix: `Set ${address} to the address of FastAPI itself`,
});

/**
 * Tries tokens that differ in one setting. A token that is accepted tells more than an error code.
 */
async function tryVariations(
  { ahead = 0 }: TimedResponse,
  config: JwtConfig,
  probe: TokenProbe,
  ownAudience: string | undefined,
): Promise<Finding | undefined> {
  for (const { variation, finding } of listSuspects(config, ahead, ownAudience)) {
    if (isAccepted(await probe.sendVariation(variation))) return finding;
  }
  return undefined;
}

function listSuspects(
  config: JwtConfig,
  ahead: number,
  ownAudience: string | undefined,
): { variation: Variation; finding: Finding }[] {
  const laterKeys = config.keys.slice(1).map((key) => ({
    variation: { keys: [key] },
    finding: {
      reason: "JWT_SECRET_KEY: FastAPI has a later key of the ring, but not the first, which signs",
      fix: "Rotate in this order: FastAPI old,new; then the gate new; then FastAPI new",
    },
  }));
  const names = (["issuer", "audience"] as const).filter((name) => config[name] !== TOKEN_DEFAULTS[name]);
  const defaults = names.map((name) => ({
    variation: { [name]: TOKEN_DEFAULTS[name] },
    finding:
      name === "audience" && ownAudience !== undefined
        ? describeOwnAudience(ownAudience)
        : {
            reason: `JWT_${name.toUpperCase()} differs: FastAPI expects the default, ${TOKEN_DEFAULTS[name]}`,
            fix: SAME_VALUE,
          },
  }));
  const clock = {
    variation: { shift: ahead * 1000 },
    finding: {
      reason: `FastAPI's clock is ${Math.abs(ahead).toFixed(0)} s ${ahead > 0 ? "ahead" : "behind"}`,
      fix: "Synchronize the clock of FastAPI's machine with NTP",
    },
  };
  return [...laterKeys, ...defaults, ...(Math.abs(ahead) > LEEWAY_SECONDS ? [clock] : [])];
}

export const isAccepted = ({ status }: Pick<HttpResponse, "status">) => status >= 200 && status < 300;

/**
 * The `code` in a JSON response, such as a refusal of backend/auth.py. Undefined if there is none.
 */
export function readCode({ body }: Pick<HttpResponse, "body">): string | undefined {
  try {
    const { code } = JSON.parse(body);
    return typeof code === "string" && /^\w{1,64}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
}
