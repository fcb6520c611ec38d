import { failed, type Outcome, passed } from "../check";

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
  const wrong = Object.entries(wanted)
    .filter(([name, value]) => !value.test(headers.get(name) ?? ""))
    .map(([name]) => name);
  if (wrong.length === 0) return passed();
  return failed(
    `missing or too lax: ${wrong.join(", ")}`,
    "Let next.config.ts and the gate set them, and do not change them in a proxy",
  );
}
