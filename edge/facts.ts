import { isCrossSite } from "../lib/cross-site";
import type { Classified } from "./classify";
import { isDataPath, isDeceptivePath } from "./path-matcher";
import type { GateRequest } from "./request";
import type { RequestHeaders } from "./request-headers";
import type { FindUnmet, Unmet } from "./requirements";
import type { SessionResult } from "./session/session";

/** Everything that the policy (`edge/decide.ts`) depends on. */
export interface Facts extends Omit<Classified, "backend"> {
  readonly session: SessionResult;
  /**
   * A page of another site has sent this request, with an unsafe method or as an upgrade. Never for
   * a program's credential: no browser adds one by itself, so there is nothing to forge.
   */
  readonly crossSite: boolean;
  /**
   * For a backend path: the backend could decode it to a different path. For any other path: Next
   * cannot decode it, or serves another path.
   */
  readonly deceptivePath: boolean;
  /** A browser would run the response as code of this app, or show it inside a page. */
  readonly embedded: boolean;
  /** The length that the request declares, compared with the backend's limit. */
  readonly body: BodyLength;
  /** A condition of `requirements` in lib/routes.ts that the active session does not meet. */
  readonly unmet: Unmet | undefined;
}

export type BodyLength = "fits" | "too-large" | "unknown-length";

/** What requests are compared with. */
export interface FactRules {
  /** All origins of this app. */
  readonly origins: readonly string[];
  /** The limit of the backend. Without a backend it has no effect. */
  readonly maxBodyBytes: number;
  /** Undefined: there are no rules. */
  readonly findUnmet: FindUnmet | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Gathers the facts about a request and its session. */
export function gatherFacts(
  request: GateRequest,
  session: SessionResult,
  { origins, maxBodyBytes, findUnmet, now }: FactRules,
): Facts {
  const { headers, pathname, classified, isUpgrade, bearer } = request;
  const { kind, access, wants, safe } = classified;
  return {
    kind,
    access,
    wants,
    safe,
    session,
    crossSite: bearer === undefined && isCrossSite(headers, !safe || isUpgrade, origins),
    deceptivePath:
      kind === "backend" ? isDeceptivePath(pathname) : !isDecodable(pathname) || isDataPath(pathname),
    embedded: isEmbedded(headers) && !isDocsScript(request),
    body: compareBodyLength(headers, maxBodyBytes),
    unmet:
      findUnmet && session.state === "active"
        ? findUnmet(pathname, session.session.identity, () => now() / 1000)
        : undefined,
  };
}

/**
 * Next sends a bare 500 if it cannot decode a segment of a dynamic route, such as Better Auth's.
 */
function isDecodable(pathname: string): boolean {
  if (!pathname.includes("%")) return true;
  try {
    decodeURIComponent(pathname);
    return true;
  } catch {
    return false;
  }
}

/**
 * Destinations (Fetch §2.2.7) for which a browser runs the response as code of this app's origin,
 * or shows it inside a page.
 */
const EMBEDDING: ReadonlySet<string> = new Set([
  "script",
  "worker",
  "sharedworker",
  "serviceworker",
  "audioworklet",
  "paintworklet",
  "xslt",
  "iframe",
  "frame",
  "fencedframe",
  "embed",
  "object",
]);

/**
 * Whether a browser would run the response as code of this app, or embed it.
 *
 * Attack: a file that a user uploaded to the backend is on this app's origin, and a policy on the
 * response does not stop it from being a service worker (Service Workers §6.2: such a request has
 * the header `Service-Worker`). Defence: refuse the request.
 */
function isEmbedded(headers: RequestHeaders): boolean {
  const destination = headers.get("sec-fetch-dest");
  return (destination != null && EMBEDDING.has(destination)) || headers.has("service-worker");
}

/**
 * Whether a page loads a script of the backend's documentation (`docs` in lib/routes.ts). As a worker
 * such a file is refused as well.
 */
function isDocsScript({ headers, pathname, classified }: GateRequest): boolean {
  const scripts: readonly string[] = classified.backend?.docs?.scripts ?? [];
  return (
    scripts.includes(pathname) && headers.get("sec-fetch-dest") === "script" && !headers.has("service-worker")
  );
}

/**
 * Compares the length that the headers declare with `maxBytes`. An invalid length is too large.
 */
export function compareBodyLength(headers: RequestHeaders, maxBytes: number): BodyLength {
  if (headers.has("transfer-encoding")) return "unknown-length";
  const length = headers.get("content-length") ?? "0";
  // RFC 9110 §8.6: digits only. `Number` also accepts values such as "1e3".
  return /^\d+$/.test(length) && Number(length) <= maxBytes ? "fits" : "too-large";
}
