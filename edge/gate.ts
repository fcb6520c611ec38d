import { isCrossSite } from "../lib/cross-site";
import type { Backend } from "../lib/routes";
import { createClassifier } from "./classify";
import { type Decision, decide, type OwnDecision } from "./decide";
import { gatherFacts } from "./facts";
import { buildLogEntry, logDecision } from "./log";
import { createPassWithNext } from "./next-function";
import { observeStep } from "./observe/observer";
import type { GateOptions } from "./options";
import { type GateRequest, readRequest } from "./request";
import { createRequirements } from "./requirements";
import { respond, respondToFailure } from "./respond";
import { readSessionCookies, sessionCookieNames } from "./session/cookies";
import { createCredentialReader } from "./session/credentials";
import { createSessionReader } from "./session/reader";
import type { KnownSession, SessionResult } from "./session/session";
import { createStalenessBound } from "./session/staleness-bound";
import { createDroppedHeaderLog } from "./upstream/dropped-header-log";
import { type Authorization, buildUpstreamHeaders } from "./upstream/headers";
import { relay } from "./upstream/relay";
import { rewrite } from "./upstream/rewrite";
import { createUpstreams, type Upstream } from "./upstream/upstream";
import { buildUpstreamUrl, protectQuery } from "./upstream/url";
import { isPromise, type MaybeAsync, mapMaybeAsync } from "./util/maybe-async";

/** Handles one request: returns the response, or an instruction to Next to pass or rewrite it. */
export type Gate = (request: Request) => MaybeAsync<Response>;

/** An open path needs no session, so the gate does not look one up for it. */
const NO_LOOKUP: SessionResult = { state: "none", setCookies: [] };

/**
 * Creates the gate. For each request it gathers the facts, decides, and performs the decision.
 * The routes must have passed `checkRoutes` (`next.config.ts`): the gate does not check them again,
 * so that a new isolate starts sooner.
 *
 * @example
 * const gate = createGate({ ...settings, ...effects, routes, observers: [] });
 * const response = await gate(new Request("https://app.example.com/backend/api/tasks"));
 */
export function createGate(options: GateOptions): Gate {
  const { routes, origins, now, randomId, startTimer, log, observers } = options;
  const classify = createClassifier(routes, options.publicFiles);
  const endings: ReadonlySet<string> = new Set(routes.endSession);
  const cookieNames = sessionCookieNames(options.appOrigin.startsWith("https:"));
  const maxStaleAt = createStalenessBound(options.sessionMaxStaleSeconds, routes.maxStale, routes.locales);
  const passWithNext = createPassWithNext(options, { classify, maxStaleAt });
  const sessions = createSessionReader({
    authSecrets: options.authSecrets,
    cookieNames,
    maxStale: options.sessionMaxStaleSeconds * 1000,
    store: options.store,
    now,
    startTimer,
  });
  const readCredential = createCredentialReader({ ...options, sessions, cookieNames });
  const upstreams = createUpstreams(options);
  const findUnmet = createRequirements(routes.requirements ?? []);
  const onDropped = createDroppedHeaderLog(log);
  const steps = {
    session: observeStep(observers, "session", findSession),
    decide: observeStep(observers, "decide", decideOn),
    mint: observeStep(observers, "mint", mintToken),
    forward: observeStep(observers, "forward", forward),
    respond: observeStep(observers, "respond", respondAndLog),
  };

  /**
   * Synchronous while all steps are: a request whose session and token are in memory gets its
   * response without a promise (`edge/util/maybe-async.ts`).
   */
  return function gate(incoming) {
    const request = readRequest(incoming, randomId(), classify, routes);
    try {
      const response = mapMaybeAsync(steps.session(request), (session) =>
        mapMaybeAsync(steps.decide(request, session), (decision) => perform(request, session, decision)),
      );
      return isPromise(response) ? response.catch((error) => fail(request, error)) : response;
    } catch (error) {
      return fail(request, error);
    }
  };

  function perform(request: GateRequest, session: SessionResult, decision: Decision): MaybeAsync<Response> {
    if (decision.do !== "forward") return steps.respond(request, session, decision);
    switch (decision.as) {
      case "user":
        return mapMaybeAsync(steps.mint(request, decision.session), (token) =>
          steps.forward(request, { from: "gate", token }),
        );
      case "anonymous":
        return steps.forward(request, { from: "nobody" });
      case "itself":
        return steps.forward(request, { from: "caller" });
      default:
        decision satisfies never;
        return steps.respond(request, session, { do: "refuse", code: "gate_signed_out" });
    }
  }

  /** Finds the caller's session. An outage of the store is a result, not an error. */
  function findSession(request: GateRequest): MaybeAsync<SessionResult> {
    const { headers, pathname, classified, bearer } = request;
    const { kind, access, backend } = classified;
    const maxStale = maxStaleAt(pathname);
    if (bearer !== undefined)
      return readCredential(bearer, { maxStale, readJwt: findUpstream(backend).readJwt });
    const header = headers.get("cookie") ?? "";
    const cookies = readSessionCookies(header, cookieNames);
    const ending = cookies && endsSession(request) ? sessions.end(cookies) : undefined;
    if (access === "open") return mapMaybeAsync(ending, () => NO_LOOKUP);
    // A forwarded response cannot set cookies, so the lookup must not extend the session.
    return sessions.read(cookies, header, { caller: kind === "backend" ? "backend" : "page", maxStale });
  }

  /** By an unsafe method and from this site: another site must not make the gate forget a session. */
  function endsSession({ headers, pathname, classified }: GateRequest): boolean {
    return !classified.safe && endings.has(pathname) && !isCrossSite(headers, true, origins);
  }

  function decideOn(request: GateRequest, session: SessionResult): Decision {
    const { backend } = request.classified;
    const { maxBodyBytes } = backend ? findUpstream(backend) : options;
    return decide(gatherFacts(request, session, { origins, maxBodyBytes, findUnmet, now }));
  }

  function findUpstream(backend: Backend | undefined): Upstream {
    const upstream = backend && upstreams.get(backend);
    // Only paths of a backend have a credential or are forwarded, so this is an error of the gate.
    if (!upstream) throw new Error("the path has no backend");
    return upstream;
  }

  /**
   * The JWT for the backend. A WebSocket always gets a new one. A program's own JWT is passed on as it
   * is: a new one would live longer than the one that was issued.
   */
  function mintToken({ isUpgrade, classified }: GateRequest, session: KnownSession): MaybeAsync<string> {
    if (session.jwt !== undefined) return session.jwt;
    const { tokens } = findUpstream(classified.backend);
    return isUpgrade ? tokens.mintForSocket(session) : tokens.get(session.identity);
  }

  /** Sends the request to the backend: a rewrite, or a relay (`BACKEND_FORWARD=relay`). */
  function forward(request: GateRequest, authorization: Authorization): MaybeAsync<Response> {
    const { requestId, isUpgrade } = request;
    const upstream = findUpstream(request.classified.backend);
    const isRewrite = options.forwarding === "rewrite" || isUpgrade;
    const search = isRewrite && options.nextServer ? protectQuery(request.search) : request.search;
    const target = buildUpstreamUrl(upstream.url, upstream.prefix, request.pathname, search);
    const headers = buildUpstreamHeaders(request.headers, {
      authorization,
      requestId,
      appOrigin: options.appOrigin,
      origins,
      clientAddressHeader: options.clientAddressHeader,
      isUpgrade,
      onDropped,
    });
    return isRewrite ? rewrite(target, headers, requestId) : relay(request, target, headers, upstream.relay);
  }

  function respondAndLog(
    request: GateRequest,
    session: SessionResult,
    decision: OwnDecision,
  ): MaybeAsync<Response> {
    logDecision(log, request, session, decision);
    const setCookies = session.state === "unreachable" ? [] : session.setCookies;
    if (passWithNext && decision.do === "pass") return passWithNext(request, session, setCookies);
    return respond(request, decision, setCookies, options);
  }

  function fail(request: GateRequest, error: unknown): Response {
    log(buildLogEntry(request, "gate_failed", error));
    return respondToFailure(request);
  }
}
