import type { Identity } from "../lib/contract";
import type { Env } from "../lib/env";
import { createMinter } from "../lib/mint";
import { routes } from "../lib/routes";
import { after } from "./after";
import { type Classified, classify } from "./classify";
import { readSessionCookies, sessionCookieNames } from "./cookies";
import { isCrossSite } from "./cross-site";
import { type Decision, decide, type Facts } from "./decide";
import { isDeceptivePath, judgeBody, upstreamHeaders, upstreamUrl } from "./forward";
import { pagePolicy } from "./page-policy";
import { reasonOf } from "./reason";
import { type RelayEffects, relay } from "./relay";
import type { RequestHeaders } from "./request-headers";
import { answer, forward, pass } from "./respond";
import { type AskStore, createSessionReader, type SessionAnswer } from "./session";
import { createStaleBound } from "./stale-bound";
import { createTokenSource } from "./token";

/** What the gate takes from the outside world. */
export interface Effects extends RelayEffects {
  readonly askStore: AskStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly randomId: () => string;
}

export type GateEnv = Pick<
  Env,
  | "appOrigin"
  | "origins"
  | "backendUrl"
  | "forwarding"
  | "authSecrets"
  | "jwt"
  | "sessionMaxStaleSeconds"
  | "maxBodyBytes"
  | "clientAddressHeader"
  | "development"
>;

/** Public pages and Better Auth's own routes: nobody needs to know who asks. */
const NOT_ASKED: SessionAnswer = { state: "none", setCookies: [] };

/** A request as it came in, taken apart once. */
interface Asked {
  readonly request: Request;
  readonly headers: RequestHeaders;
  readonly pathname: string;
  /** With its question mark. */
  readonly search: string;
  readonly classified: Classified;
  readonly isUpgrade: boolean;
}

const SIGNED_OUT = { do: "refuse", code: "gate_signed_out" } as const;

/** Builds the gate: gather the facts of a request, decide, perform. */
export function createGate(env: GateEnv, effects: Effects) {
  const { development } = env;
  const secure = env.appOrigin.startsWith("https:");
  const cookieNames = sessionCookieNames(secure);
  const sessions = createSessionReader({
    authSecrets: env.authSecrets,
    maxStale: env.sessionMaxStaleSeconds * 1000,
    ...effects,
  });
  const maxStaleAt = createStaleBound(env.sessionMaxStaleSeconds, routes.maxStale);
  const tokenFor = createTokenSource(createMinter(env.jwt, effects.randomId), effects.now, effects.wait);
  const mintForSocket = createMinter(
    { ...env.jwt, ttlSeconds: socketLife(env.jwt.ttlSeconds, env.sessionMaxStaleSeconds) },
    effects.randomId,
  );

  /** Answers at once, without a promise, whom it knows already. */
  return function gate(request: Request): Response | Promise<Response> {
    const asked = read(request);
    return after(sessionOf(asked), (session) => perform(decide(factsOf(asked, session)), asked, session));
  };

  /** Gathers: by whom it is asked. */
  function sessionOf({ headers, pathname, classified }: Asked): SessionAnswer | Promise<SessionAnswer> {
    const header = headers.get("cookie") ?? "";
    const cookies = readSessionCookies(header, cookieNames);
    const ending = cookies && endsSession(pathname) ? sessions.end(cookies) : undefined;
    if (isOpen(classified)) return after(ending, () => NOT_ASKED);
    const options = { extend: classified.kind !== "backend", maxStale: maxStaleAt(pathname) };
    return sessions.read(cookies, header, options);
  }

  function factsOf({ headers, pathname, classified }: Asked, session: SessionAnswer): Facts {
    const { kind, wants, safe } = classified;
    const changes = !safe || wants === "upgrade";
    return {
      kind,
      wants,
      safe,
      session: session.state,
      crossSite: isCrossSite(headers, changes, env.origins),
      deceptivePath: isDeceptivePath(pathname),
      body: judgeBody(headers, env.maxBodyBytes),
    };
  }

  function perform(decision: Decision, asked: Asked, session: SessionAnswer): Response | Promise<Response> {
    if (decision.do === "forward" && session.state === "active") {
      return send(asked, session.session.identity);
    }
    const { request, classified, isUpgrade } = asked;
    const answerable = { url: request.url, headers: request.headers, safe: classified.safe, isUpgrade };
    const setCookies = session.state === "unreachable" ? [] : session.setCookies;
    if (decision.do === "pass")
      return pass(answerable, setCookies, isPage(classified) ? freshPolicy() : undefined);

    const requestId = effects.randomId();
    if (session.state === "unreachable") {
      effects.log({
        code: "gate_session_store_unreachable",
        request_id: requestId,
        error: reasonOf(session.error),
      });
    }
    // Nothing goes to the backend for nobody, whatever was decided.
    const refusal = decision.do === "forward" ? SIGNED_OUT : decision;
    return answer(refusal, answerable, requestId, setCookies);
  }

  function send(asked: Asked, identity: Identity): Response | Promise<Response> {
    const requestId = effects.randomId();
    const { appOrigin, clientAddressHeader, backendUrl } = env;
    const { request, pathname, search, isUpgrade } = asked;
    const target = upstreamUrl(backendUrl, routes.backend, pathname, search);
    const token = isUpgrade ? tokenForSocket(identity) : tokenFor(identity);
    return after(token, (jwt) => {
      const known = { token: jwt, requestId, appOrigin, clientAddressHeader, isUpgrade };
      const headers = upstreamHeaders(asked.headers, known);
      return env.forwarding === "rewrite" || isUpgrade
        ? forward(target, headers, requestId)
        : relay(request, { target, headers, requestId, backendUrl }, effects);
    });
  }

  async function tokenForSocket(identity: Identity): Promise<string> {
    return (await mintForSocket(identity, effects.now())).jwt;
  }

  function freshPolicy(): string {
    return pagePolicy(btoa(effects.randomId()), { secure, development });
  }
}

function read(request: Request): Asked {
  const headers = new Map<string, string>();
  request.headers.forEach((value, name) => void headers.set(name, value));
  const { pathname, search } = splitUrl(request.url);
  const classified = classify(request.method, pathname, headers);
  return { request, headers, pathname, search, classified, isUpgrade: classified.wants === "upgrade" };
}

/** A request's address is a URL already, serialised (Fetch §5.4): to parse it again would change nothing. */
function splitUrl(url: string): { pathname: string; search: string } {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.indexOf("#", start);
  const path = end < 0 ? url.slice(start) : url.slice(start, end);
  const query = path.indexOf("?");
  return query < 0
    ? { pathname: path, search: "" }
    : { pathname: path.slice(0, query), search: path.slice(query) };
}

/** A page that lost its socket opens another; sooner than this would be a nuisance. Seconds. */
const SHORTEST_SOCKET = 10;

/**
 * A socket is judged once, as it opens. Its token lives no longer than sessions are trusted, and the backend closes the
 * socket as the token runs out: so a revocation reaches those that are open. In seconds.
 */
function socketLife(ttl: number, maxStale: number): number {
  return Math.min(ttl, Math.max(maxStale, SHORTEST_SOCKET));
}

function endsSession(pathname: string): boolean {
  return (routes.endSession as readonly string[]).includes(pathname);
}

function isOpen({ kind }: Classified): boolean {
  return kind === "public-page" || kind === "open-api";
}

/** Whether HTML is about to be rendered. */
function isPage({ kind, wants }: Classified): boolean {
  return wants === "document" && (kind === "page" || kind === "guest-page" || kind === "public-page");
}
