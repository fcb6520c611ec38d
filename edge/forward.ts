import { forwardedHeaders } from "../lib/forwarded-headers";
import { traceIdOf } from "../lib/trace-context";
import type { RequestHeaders } from "./request-headers";

/**
 * The trust boundary: what the backend gets to see of a request. Only the headers of
 * `lib/forwarded-headers.ts` arrive as the client sent them; what a client could use to speak for
 * somebody else, or for the platform, is set here or absent
 * (docs/decisions/017-forwarded-headers.md).
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
  /** Called with the name of each header that is dropped. */
  readonly onDropped?: ((name: string) => void) | undefined;
}

const FORWARDED: ReadonlySet<string> = new Set(Object.values(forwardedHeaders).flat());

/** The headers for the backend, by names in lower case. */
export function upstreamHeaders(
  incoming: RequestHeaders,
  known: KnownAboutRequest,
): ReadonlyMap<string, string> {
  const nominated = nominatedByConnection(incoming.get("connection"));
  const outgoing = new Map<string, string>();
  const { onDropped } = known;
  for (const [name, value] of incoming) {
    if (!FORWARDED.has(name)) onDropped?.(name);
    else if (!nominated?.has(name)) outgoing.set(name, value);
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
