import { BARE_POLICY, FILE_POLICY } from "../lib/content-policy";
import { isCrossSite } from "../lib/cross-site";
import type { Env } from "../lib/env";
import { routes } from "../lib/routes";
import { createMinter } from "../lib/token/mint";
import { socketIssuedAt, socketLife } from "../lib/token/token-life";
import type { Classified } from "./classify";
import { type Decision, decide } from "./decide";
import { isEmbedded } from "./embedding";
import { report, reportFailure } from "./log";
import { pagePolicy } from "./pages/content-security-policy";
import type { GateRequest } from "./request";
import { answer, answerFailure, forward, pass } from "./respond";
import { readSessionCookies, sessionCookieNames } from "./session/cookies";
import { createSessionReader, type KnownSession, type SessionResult } from "./session/reader";
import { createStaleBound } from "./session/staleness-bound";
import type { SessionStore } from "./session/store";
import { createBackendAddresses } from "./upstream/backend-addresses";
import { createDroppedHeaderLog } from "./upstream/dropped-headers";
import { isDeceptivePath, judgeBody, upstreamHeaders, upstreamUrl } from "./upstream/headers";
import { protectQuery } from "./upstream/query";
import { type RelayEffects, relay } from "./upstream/relay";
import { createTokenSource } from "./upstream/token";
import { mapMaybeAsync } from "./util/maybe-async";

/** The I/O, time and randomness of the gate. `middleware.ts` passes them in. */
export interface Effects extends RelayEffects {
  readonly store: SessionStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A new ID at each call: for requests, tokens (`jti`) and nonces. */
  readonly randomId: () => string;
}

/** The settings that the gate reads. `Env` has their units. */
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
  | "backendTimeoutSeconds"
  | "clientAddressHeader"
  | "development"
  | "nextServer"
>;

/**
 * The steps of a request. `gate.ts` runs them one after the other. Observers wrap this object
 * (`Watch`).
 */
export interface Steps {
  /**
   * Finds the caller's session. The step does not reject if the store fails: see `SessionResult`.
   */
  session(asked: GateRequest): SessionResult | Promise<SessionResult>;
  /** Applies the policy of `edge/decide.ts` to the request. */
  decide(asked: GateRequest, session: SessionResult): Decision;
  /** The JWT for the backend. It may be reused; a WebSocket always gets a new one. */
  mint(asked: GateRequest, session: KnownSession): string | Promise<string>;
  /** Sends the request to the backend: a rewrite, or a relay (`BACKEND_FORWARD=relay`). */
  forward(asked: GateRequest, token: string): Response | Promise<Response>;
  /** The response, or Next's instruction, for each decision that does not forward the request. */
  answer(asked: GateRequest, session: SessionResult, decision: Decision): Response;
  /** Logs an unexpected error of another step and makes the 500 response. */
  fail(asked: GateRequest, error: unknown): Response;
}

/** Public pages and open API routes need no session, so the gate looks none up for them. */
const NO_LOOKUP: SessionResult = { state: "none", setCookies: [] };

const SIGNED_OUT = { do: "refuse", code: "gate_signed_out" } as const;

/** Builds the steps for one deployment. */
export function createSteps(env: GateEnv, effects: Effects): Steps {
  const { appOrigin, clientAddressHeader, backendUrl, development } = env;
  const addresses = createBackendAddresses(backendUrl);
  const timeoutMs = env.backendTimeoutSeconds * 1000;
  const secure = appOrigin.startsWith("https:");
  const cookieNames = sessionCookieNames(secure);
  const sessions = createSessionReader({
    authSecrets: env.authSecrets,
    cookieNames,
    maxStale: env.sessionMaxStaleSeconds * 1000,
    ...effects,
  });
  const maxStaleAt = createStaleBound(env.sessionMaxStaleSeconds, routes.maxStale);
  const tokenFor = createTokenSource(
    createMinter(env.jwt, effects.randomId),
    effects.now,
    effects.startTimer,
  );
  const socketTtl = socketLife(env.jwt.ttlSeconds, env.sessionMaxStaleSeconds);
  const onDropped = createDroppedHeaderLog(effects.log);
  const mintForSocket = createMinter({ ...env.jwt, ttlSeconds: socketTtl }, effects.randomId);

  return {
    session(asked) {
      const { headers, pathname, classified } = asked;
      const header = headers.get("cookie") ?? "";
      const cookies = readSessionCookies(header, cookieNames);
      const ending = cookies && endsSession(asked) ? sessions.end(cookies) : undefined;
      if (isOpen(classified)) return mapMaybeAsync(ending, () => NO_LOOKUP);
      const options = { extend: classified.kind !== "backend", maxStale: maxStaleAt(pathname) };
      return sessions.read(cookies, header, options);
    },

    decide({ headers, pathname, classified, isUpgrade }, session) {
      const { kind, wants, safe } = classified;
      const changes = !safe || isUpgrade;
      return decide({
        kind,
        wants,
        safe,
        session: session.state,
        crossSite: isCrossSite(headers, changes, env.origins),
        deceptivePath: kind === "backend" ? isDeceptivePath(pathname) : !isDecodable(pathname),
        embedded: isEmbedded(headers),
        body: judgeBody(headers, env.maxBodyBytes),
      });
    },

    mint({ isUpgrade }, session) {
      return isUpgrade ? tokenForSocket(session) : tokenFor(session.identity);
    },

    forward(asked, token) {
      const { request, requestId, isUpgrade } = asked;
      const isRewrite = env.forwarding === "rewrite" || isUpgrade;
      const search = isRewrite && env.nextServer ? protectQuery(asked.search) : asked.search;
      const target = upstreamUrl(backendUrl, routes.backend, asked.pathname, search);
      const known = {
        token,
        requestId,
        appOrigin,
        origins: env.origins,
        clientAddressHeader,
        isUpgrade,
        onDropped,
      };
      const headers = upstreamHeaders(asked.headers, known);
      return isRewrite
        ? forward(target, headers, requestId)
        : relay(request, { target, headers, requestId, appOrigin, addresses, timeoutMs }, effects);
    },

    answer(asked, session, decision) {
      // Defence in depth: without an active session nothing goes to the backend, even if `decide`
      // has returned `forward`.
      const refusal = decision.do === "forward" ? SIGNED_OUT : decision;
      report(effects.log, asked, session, refusal);
      const setCookies = session.state === "unreachable" ? [] : session.setCookies;
      return refusal.do === "pass"
        ? pass(asked, setCookies, policyFor(asked.classified))
        : answer(refusal, asked, setCookies);
    },

    fail(asked, error) {
      reportFailure(effects.log, asked, error);
      return answerFailure(asked);
    },
  };

  /** By an unsafe method and from this site: another site must not make the gate forget a session. */
  function endsSession({ headers, pathname, classified }: GateRequest): boolean {
    return (
      !classified.safe &&
      (routes.endSession as readonly string[]).includes(pathname) &&
      !isCrossSite(headers, true, env.origins)
    );
  }

  async function tokenForSocket({ identity, verifiedAt }: KnownSession): Promise<string> {
    const { ttlSeconds } = env.jwt;
    const at = socketIssuedAt(effects.now(), verifiedAt, ttlSeconds, env.sessionMaxStaleSeconds);
    return (await mintForSocket(identity, at)).jwt;
  }

  /**
   * The Content Security Policy for a request that passes. Not only pages get one, because an
   * attacker can make a browser open any address as a document.
   */
  function policyFor({ kind, wants }: Classified): string {
    if (kind === "api" || kind === "open-api") return BARE_POLICY;
    return wants === "document" ? pagePolicy(btoa(effects.randomId()), { secure, development }) : FILE_POLICY;
  }
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

function isOpen({ kind }: Classified): boolean {
  return kind === "public-page" || kind === "open-api";
}
