import { fail, type Outcome, ok } from "./check";

const WANTED: Record<string, RegExp> = {
  "content-security-policy": /script-src [^;]*'nonce-/,
  "x-content-type-options": /^nosniff$/,
  "x-frame-options": /^(DENY|SAMEORIGIN)$/,
  "referrer-policy": /./,
  "cross-origin-opener-policy": /^same-origin/,
};

/** Checks a page's security headers (next.config.ts, edge/pages/content-security-policy.ts). */
export function judgeHeaders(headers: Headers, { secure }: { secure: boolean }): Outcome {
  const wanted = { ...WANTED, ...(secure && { "strict-transport-security": /max-age=[1-9]/ }) };
  const faults = Object.entries(wanted)
    .filter(([name, value]) => !value.test(headers.get(name) ?? ""))
    .map(([name]) => name);
  if (faults.length === 0) return ok();
  return fail(
    `missing or too lax: ${faults.join(", ")}`,
    "Let next.config.ts and the gate set them, and have the proxy in front leave them alone",
  );
}
