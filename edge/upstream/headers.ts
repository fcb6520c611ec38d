import { forwardedHeaders } from "../../lib/forwarded-headers";
import { parseTraceId } from "../../lib/log/trace-context";
import type { RequestHeaders } from "../request-headers";

/**
 * The trust boundary: what the backend receives of a request.
 *
 * Attack: a client sends a header that names another user, or that only the platform may set.
 * Defence: an allowlist. Only the headers of `lib/forwarded-headers.ts` arrive as the client sent
 * them; the headers that state identity, address or host are set here or absent
 * (docs/decisions/017-forwarded-headers.md).
 */

/** Where the `Authorization` header for the backend comes from. */
export type Authorization =
  | { readonly from: "gate"; readonly token: string }
  /** The caller's own credentials, on an open path: a webhook's, or none. */
  | { readonly from: "caller" }
  | { readonly from: "nobody" };

/** Values about a request that come from the gate or the platform, not from the client. */
export interface TrustedValues {
  readonly authorization: Authorization;
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
export function buildUpstreamHeaders(
  incoming: RequestHeaders,
  trusted: TrustedValues,
): ReadonlyMap<string, string> {
  const nominated = readNominated(incoming.get("connection"));
  const outgoing = new Map<string, string>();
  const { onDropped } = trusted;
  for (const [name, value] of incoming) {
    if (!FORWARDED.has(name)) onDropped?.(name);
    else if (!nominated?.has(name)) outgoing.set(name, value);
  }
  if (trusted.isUpgrade) {
    // RFC 6455 §4.1: without these two there is no handshake.
    outgoing.set("connection", "Upgrade");
    outgoing.set("upgrade", "websocket");
  }
  // The allowlist has no `authorization`, so the caller's arrives only where this sets it.
  const authorization = chooseAuthorization(trusted.authorization, incoming, nominated);
  if (authorization) outgoing.set("authorization", authorization);
  outgoing.set("x-request-id", trusted.requestId);
  const scheme = trusted.appOrigin.indexOf("://");
  const host = trusted.appOrigin.slice(scheme + 3);
  outgoing.set("x-forwarded-proto", trusted.appOrigin.slice(0, scheme));
  outgoing.set("x-forwarded-host", host);
  // Next copies this header to X-Forwarded-Host, and sends the upstream its own host name.
  outgoing.set("host", host);
  // The backend cannot allow another site by CORS if it does not see its origin (Fetch §3.2.3).
  const origin = outgoing.get("origin");
  if (origin !== undefined && !trusted.origins.includes(origin)) outgoing.delete("origin");
  const address = trusted.clientAddressHeader && incoming.get(trusted.clientAddressHeader);
  if (address) outgoing.set("x-forwarded-for", address);
  // W3C Trace Context §3.2: an invalid `traceparent` is not passed on, nor is its `tracestate`.
  const trace = outgoing.get("traceparent");
  if (trace !== undefined && parseTraceId(trace) === undefined) {
    outgoing.delete("traceparent");
    outgoing.delete("tracestate");
  }
  return outgoing;
}

function chooseAuthorization(
  authorization: Authorization,
  incoming: RequestHeaders,
  nominated: ReadonlySet<string> | undefined,
): string | null | undefined {
  switch (authorization.from) {
    case "gate":
      return `Bearer ${authorization.token}`;
    case "caller":
      return nominated?.has("authorization") ? undefined : incoming.get("authorization");
    case "nobody":
      return undefined;
    default:
      authorization satisfies never;
      return undefined;
  }
}

/** RFC 9110 §7.6.1: the headers that `Connection` lists are for this hop only. */
function readNominated(connection: string | null | undefined): ReadonlySet<string> | undefined {
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
