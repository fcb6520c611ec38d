import { traceIdOf } from "../lib/trace-context";
import type { RequestHeaders } from "./request-headers";

/**
 * The trust boundary: what the backend gets to see of a request. Whatever a client could use to speak for
 * somebody else, or for the platform, is dropped here or set anew.
 */

/** What the platform knows about a request, as opposed to what the client says. */
export interface KnownAboutRequest {
  readonly token: string;
  readonly requestId: string;
  /** Scheme and host that browsers see. */
  readonly appOrigin: string;
  /** All origins that are ours. */
  readonly origins: readonly string[];
  /** The header in which the platform writes the client's address, if there is one. */
  readonly clientAddressHeader: string | undefined;
  readonly isUpgrade: boolean;
}

/** Names that never reach the backend as the client sent them. */
export const DROPPED: ReadonlySet<string> = new Set([
  // The session is the gate's business.
  "cookie",
  "cookie2",
  "authorization",
  // RFC 9110 §7.6.1, hop by hop. Not content-length and transfer-encoding: without them Node would leave the
  // body unread on the connection, where it becomes a request of its own.
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "upgrade",
  "expect",
  "via",
  // Next would compress the answer, and hold a stream of events back until its end.
  "accept-encoding",
  // Next's own, which a Next upstream would obey.
  "rsc",
  "next-url",
  "next-action",
  "next-hmr-refresh",
  "next-router-state-tree",
  "next-router-prefetch",
  "next-router-segment-prefetch",
  "x-matched-path",
  "x-prerender-revalidate",
  // Who the client is, as told by proxies.
  "forwarded",
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "true-client-ip",
  "client-ip",
  "x-appengine-user-ip",
  "x-azure-clientip",
  "x-azure-socketip",
  "x-envoy-external-address",
  "x-request-id",
  // What the request is, as told by proxies.
  "x-rewrite-url",
  "x-host",
  "x-url-scheme",
  "x-scheme",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "front-end-https",
]);

/** What such names may begin with. */
export const DROPPED_PREFIXES = [
  "proxy-",
  // A preflight is another site's: pages call their own origin.
  "access-control-request-",
  "x-forwarded",
  "x-original-",
  "x-middleware-",
  "x-nextjs-",
  "x-invoke-",
  "x-vercel-",
  "x-now-",
  "cf-",
  "fastly-",
  "fly-",
  // Who the user is, as told by single sign-on proxies.
  "remote-",
  "x-remote-",
  "x-user",
  "x-email",
  "x-groups",
  "x-roles",
  "x-auth",
  "x-jwt",
  "x-consumer-",
  "x-credential-",
  "x-anonymous-consumer",
  "x-pomerium-",
  "tailscale-",
  "x-webauth-",
  "x-amzn-oidc-",
  "x-goog-iap-",
  "x-goog-authenticated-",
  "x-endpoint-api-",
  "x-ms-client-principal",
  "x-ms-token-",
  "ssl-client-",
  "x-ssl-client-",
  "x-client-cert",
  "x-arr-clientcert",
];

/** The headers for the backend, by names in lower case. */
export function upstreamHeaders(
  incoming: RequestHeaders,
  known: KnownAboutRequest,
): ReadonlyMap<string, string> {
  const nominated = nominatedByConnection(incoming.get("connection"));
  const outgoing = new Map<string, string>();
  for (const [name, value] of incoming) {
    if (!isDropped(name) && !nominated?.has(name)) outgoing.set(name, value);
  }
  if (known.isUpgrade) {
    // RFC 6455 §4.1: without these two there is no handshake.
    outgoing.set("connection", "Upgrade");
    outgoing.set("upgrade", "websocket");
  }
  outgoing.set("authorization", `Bearer ${known.token}`);
  outgoing.set("x-request-id", known.requestId);
  const scheme = known.appOrigin.indexOf("://");
  const host = known.appOrigin.slice(scheme + 3);
  outgoing.set("x-forwarded-proto", known.appOrigin.slice(0, scheme));
  outgoing.set("x-forwarded-host", host);
  // Next makes X-Forwarded-Host of this one, and gives the upstream its own.
  outgoing.set("host", host);
  // What is not told of another site cannot allow it (Fetch §3.2.3).
  const origin = outgoing.get("origin");
  if (origin !== undefined && !known.origins.includes(origin)) outgoing.delete("origin");
  const address = known.clientAddressHeader && incoming.get(known.clientAddressHeader);
  if (address) outgoing.set("x-forwarded-for", address);
  // W3C Trace Context §3.2: one that cannot be read is not passed on, nor the state that came with it.
  const trace = outgoing.get("traceparent");
  if (trace !== undefined && traceIdOf(trace) === undefined) {
    outgoing.delete("traceparent");
    outgoing.delete("tracestate");
  }
  return outgoing;
}

/** "x_user" and "x-user" are one name to CGI and WSGI: the odd one would pass unseen. */
const DROPPED_FORM = new RegExp(`^(?:${DROPPED_PREFIXES.join("|")})|_`);

function isDropped(name: string): boolean {
  return DROPPED.has(name) || DROPPED_FORM.test(name);
}

/** RFC 9110 §7.6.1: the names that `Connection` lists are for this hop alone. */
function nominatedByConnection(connection: string | null | undefined): ReadonlySet<string> | undefined {
  if (!connection || /^(keep-alive|close|upgrade)$/i.test(connection)) return undefined;
  const names = new Set(
    connection
      .toLowerCase()
      .split(",")
      .map((name) => name.trim()),
  );
  // These frame the body, and a client may not take them away.
  names.delete("content-length");
  names.delete("transfer-encoding");
  names.delete("host");
  return names;
}

/** Percent-encoded slash, backslash or NUL, a bare backslash, and a dot segment however it is written. */
const DECEPTIVE = /%2f|%5c|%00|\\|\/(?:\.|%2e){1,2}(?:\/|$)/i;

/** Whether a backend that decodes the path could see another path than the one that was judged. */
export function isDeceptivePath(pathname: string): boolean {
  return DECEPTIVE.test(pathname);
}

/** The address at the backend. The origin is the configured one: `rest` begins with "/" and follows it. */
export function upstreamUrl(backendUrl: string, prefix: string, pathname: string, search: string): string {
  return backendUrl + (pathname.slice(prefix.length) || "/") + search;
}

/** Reads the length that the body is said to have. `max` is in bytes. */
export function judgeBody(headers: RequestHeaders, max: number): "fits" | "too-large" | "unknown-length" {
  if (headers.has("transfer-encoding")) return "unknown-length";
  const length = headers.get("content-length") ?? "0";
  // RFC 9110 §8.6: digits, and nothing that JavaScript takes for a number besides.
  return /^\d+$/.test(length) && Number(length) <= max ? "fits" : "too-large";
}
