import { BARE_POLICY, buildPagePolicy, FILE_POLICY } from "../../lib/content-policy";
import type { Classified } from "../classify";
import type { GateOptions } from "../options";

export type PolicyOptions = Pick<GateOptions, "appOrigin" | "contentSources" | "development" | "randomId">;

/**
 * The Content Security Policy for a request that passes. Every such request gets one, not only a
 * page: an attacker can make a browser open any address as a document.
 *
 * The policy of a page has a nonce: only scripts with the nonce of this response run, and the scripts
 * that they load. Next reads the nonce from the request's `content-security-policy` header and sets
 * it on its scripts. This works only for pages that are rendered for each request.
 */
export function choosePolicy({ kind, wants }: Classified, options: PolicyOptions): string {
  if (kind === "api" || kind === "open-api") return BARE_POLICY;
  if (wants !== "document" || kind === "public-file") return FILE_POLICY;
  return buildNoncePolicy(options);
}

/** The policy of a page, with a new nonce. */
export function buildNoncePolicy(options: PolicyOptions): string {
  const { appOrigin, contentSources = {}, development, randomId } = options;
  const scripts = [`'nonce-${btoa(randomId())}'`, "'strict-dynamic'"];
  // React's development build uses eval to rebuild stack traces.
  if (development) scripts.push("'unsafe-eval'");
  return buildPagePolicy(scripts, contentSources, { secure: appOrigin.startsWith("https:") });
}
