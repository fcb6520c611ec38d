import { chooseBackendPolicy } from "../../lib/content-policy";
import type { GateRequest } from "../request";
import type { BackendAddresses } from "./backend-addresses";

export interface ResponseHeaderOptions {
  readonly addresses: BackendAddresses;
  /** Scheme and host, as browsers see them. */
  readonly appOrigin: string;
}

/**
 * Response headers of the backend that are dropped: hop-by-hop headers (RFC 9110 §7.6.1); headers
 * that control Next, which obeys `x-middleware-*` on a response of the gate; headers that name the
 * backend or could name it; and headers that only the app may set for its origin.
 */
const DROPPED = new RegExp(
  `^(${[
    "connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade",
    "x-middleware-.*|x-nextjs-.*|x-action-.*",
    "server|via|x-powered-by|alt-svc|x-sourcemap",
    "content-security-policy|content-security-policy-report-only|service-worker-allowed",
    "report-to|reporting-endpoints|nel|accept-ch|critical-ch|origin-agent-cluster|set-login",
    "(?:sec|secure)-session-.*",
    "set-cookie|clear-site-data|access-control-.*|strict-transport-security|x-frame-options|x-content-type-options",
    "referrer-policy|permissions-policy|cross-origin-opener-policy",
  ].join("|")})$`,
);

/** Only for these statuses does Next turn an absolute address of its own origin into a path. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Builds the headers that the browser receives of a relayed response. `target` is the address at the
 * backend that has sent it.
 */
export function buildResponseHeaders(
  response: Response,
  { raw, requestId, pathname, classified }: GateRequest,
  target: string,
  { addresses, appOrigin }: ResponseHeaderOptions,
): Headers {
  const outgoing = new Headers();
  for (const [name, value] of response.headers) {
    if (DROPPED.test(name)) continue;
    const rewritten = addresses.rewriteHeader(name, value, target);
    if (rewritten !== undefined) outgoing.append(name, rewritten);
  }
  const location = outgoing.get("location");
  if (location !== null) {
    // Next accepts only absolute addresses here.
    const base = new URL(raw.url);
    const { href } = new URL(location, base);
    const isOurs = href.startsWith(`${base.origin}/`) && !REDIRECTS.has(response.status);
    outgoing.set("location", isOurs ? appOrigin + href.slice(base.origin.length) : href);
  }
  // `fetch` has decoded these encodings, even though it did not request them.
  if (/^(?:x-)?(?:gzip|deflate|br)$/i.test(response.headers.get("content-encoding") ?? "") && response.body) {
    outgoing.delete("content-encoding");
    outgoing.delete("content-length");
  }
  // RFC 9111 §5.2.2.6. Otherwise Next would compress the response, and hold an event stream back
  // until its end.
  outgoing.append("cache-control", "no-transform");
  const policy = chooseBackendPolicy(pathname, classified.backend?.docs?.page);
  outgoing.set("content-security-policy", policy);
  outgoing.set("x-request-id", requestId);
  return outgoing;
}
