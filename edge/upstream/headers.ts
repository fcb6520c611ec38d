import { forwardedHeaders } from "../../lib/forwarded-headers";
import { traceIdOf } from "../../lib/log/trace-context";
import type { RequestHeaders } from "../request-headers";

/**
 * The trust boundary: what the backend receives of a request.
 *
 * Attack: a client sends a header that names another user, or that only the platform may set.
 * Defence: an allowlist. Only the headers of `lib/forwarded-headers.ts` arrive as the client sent
 * them; the headers that state identity, address or host are set here or absent
 * (docs/decisions/017-forwarded-headers.md).
 */

/** Facts about a request that come from the gate or the platform, not from the client. */
export interface KnownAboutRequest {
  readonly token: string;
  readonly requestId: string;
  /** Scheme and host, as browsers see them. */
  readonly appOrigin: string;
  /** All origins of this app. */
  readonly origins: readonly string[];
  /** The header in which the platform writes the client's address, if there is one. */
  readonly clientAddressHeader: string | undefined;
  readonly isUpgrade: boolean;
  /** Called with the name of each header that is not on the allowlist. */
  readonly onDropped?: ((name: string) => void) | undefined;
}

const FORWARDED: ReadonlySet<string> = new Set(Object.values(forwardedHeaders).flat());

/** Builds the headers for the backend. Names are in lower case. */
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
  // Next copies this header to X-Forwarded-Host, and sends the upstream its own host name.
  outgoing.set("host", host);
  // The backend cannot allow another site by CORS if it does not see its origin (Fetch §3.2.3).
  const origin = outgoing.get("origin");
  if (origin !== undefined && !known.origins.includes(origin)) outgoing.delete("origin");
  const address = known.clientAddressHeader && incoming.get(known.clientAddressHeader);
  if (address) outgoing.set("x-forwarded-for", address);
  // W3C Trace Context §3.2: an invalid `traceparent` is not passed on, nor is its `tracestate`.
  const trace = outgoing.get("traceparent");
  if (trace !== undefined && traceIdOf(trace) === undefined) {
    outgoing.delete("traceparent");
    outgoing.delete("tracestate");
  }
  return outgoing;
}

/** RFC 9110 §7.6.1: the headers that `Connection` lists are for this hop only. */
function nominatedByConnection(connection: string | null | undefined): ReadonlySet<string> | undefined {
  if (!connection || /^(keep-alive|close|upgrade)$/i.test(connection)) return undefined;
  const names = new Set(
    connection
      .toLowerCase()
      .split(",")
      .map((name) => name.trim()),
  );
  // Attack: a client lists a header that frames the body, to have it removed, so that the backend
  // reads the body as another request. Defence: these headers stay.
  names.delete("content-length");
  names.delete("transfer-encoding");
  names.delete("host");
  return names;
}

/**
 * A percent-encoded slash, backslash or NUL, a plain backslash, or a dot segment in any spelling.
 */
const DECEPTIVE = /%2f|%5c|%00|\\|\/(?:\.|%2e){1,2}(?:\/|$)/i;

/** Whether a backend that decodes the path could see a different path than the gate judged. */
export function isDeceptivePath(pathname: string): boolean {
  return DECEPTIVE.test(pathname);
}

/**
 * The address at the backend. A client cannot change its origin: the path that follows the
 * configured address begins with "/".
 */
export function upstreamUrl(backendUrl: string, prefix: string, pathname: string, search: string): string {
  return backendUrl + (pathname.slice(prefix.length) || "/") + search;
}

/**
 * Compares the length that the headers declare with `max`, in bytes. An invalid length is too
 * large.
 */
export function judgeBody(headers: RequestHeaders, max: number): "fits" | "too-large" | "unknown-length" {
  if (headers.has("transfer-encoding")) return "unknown-length";
  const length = headers.get("content-length") ?? "0";
  // RFC 9110 §8.6: digits only. `Number` also accepts values such as "1e3".
  return /^\d+$/.test(length) && Number(length) <= max ? "fits" : "too-large";
}
