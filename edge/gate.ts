import type { Identity } from "../lib/contract";
import type { Env } from "../lib/env";
import { createMinter } from "../lib/mint";
import { routes } from "../lib/routes";
import { type Classified, classify } from "./classify";
import { readSessionCookies, sessionCookieNames } from "./cookies";
import { isCrossSite } from "./cross-site";
import { type Decision, decide, type Facts } from "./decide";
import { isDeceptivePath, judgeBody, upstreamHeaders, upstreamUrl } from "./forward";
import { pagePolicy } from "./page-policy";
import { reasonOf } from "./reason";
import { type RelayEffects, relay } from "./relay";
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

/** A request, and what has been found out about it. */
interface Seen {
  readonly request: Request;
  readonly url: URL;
  readonly classified: Classified;
  readonly session: SessionAnswer;
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

  return async function gate(request: Request): Promise<Response> {
    const seen = await look(request);
    return perform(decide(factsOf(seen)), seen);
  };

  /** Gathers: what is asked, and by whom. */
  async function look(request: Request): Promise<Seen> {
    const { method, headers } = request;
    const url = new URL(request.url);
    const classified = classify(method, url.pathname, headers);
    const cookieHeader = headers.get("cookie") ?? "";
    const cookies = readSessionCookies(cookieHeader, cookieNames);
    if (cookies && endsSession(url.pathname)) await sessions.end(cookies);
    const session = isOpen(classified)
      ? NOT_ASKED
      : await sessions.read(cookies, cookieHeader, {
          extend: classified.kind !== "backend",
          maxStale: maxStaleAt(url.pathname),
        });
    return { request, url, classified, session };
  }

  function factsOf({ request: { headers }, url, classified, session }: Seen): Facts {
    const changes = !classified.safe || classified.wants === "upgrade";
    return {
      ...classified,
      session: session.state,
      crossSite: isCrossSite(headers, changes, env.origins),
      deceptivePath: isDeceptivePath(url.pathname),
      body: judgeBody(headers, env.maxBodyBytes),
    };
  }

  async function perform(decision: Decision, seen: Seen): Promise<Response> {
    const { request, url, classified, session } = seen;
    const isUpgrade = classified.wants === "upgrade";
    const answerable = { url, headers: request.headers, safe: classified.safe, isUpgrade };
    const setCookies = session.state === "unreachable" ? [] : session.setCookies;
    if (decision.do === "pass")
      return pass(answerable, setCookies, isPage(classified) ? freshPolicy() : undefined);

    const requestId = effects.randomId();
    if (decision.do === "forward" && session.state === "active") {
      return send(seen, session.session.identity, requestId);
    }
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

  async function send(
    { request, url, classified }: Seen,
    identity: Identity,
    requestId: string,
  ): Promise<Response> {
    const isUpgrade = classified.wants === "upgrade";
    const { appOrigin, clientAddressHeader, backendUrl } = env;
    const token = isUpgrade ? (await mintForSocket(identity, effects.now())).jwt : await tokenFor(identity);
    const known = { token, requestId, appOrigin, clientAddressHeader, isUpgrade };
    const headers = upstreamHeaders(request.headers, known);
    const target = upstreamUrl(backendUrl, routes.backend, url.pathname, url.search);
    return env.forwarding === "rewrite" || isUpgrade
      ? forward(target, headers, requestId)
      : relay(request, { target, headers, requestId, backendUrl }, effects);
  }

  function freshPolicy(): string {
    return pagePolicy(btoa(effects.randomId()), { secure, development });
  }
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
