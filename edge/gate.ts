import type { Env } from "../lib/env";
import { createMinter } from "../lib/mint";
import { routes } from "../lib/routes";
import { type Classified, classify } from "./classify";
import { readSessionCookies, sessionCookieNames } from "./cookies";
import { isCrossSite } from "./cross-site";
import { decide, type Facts } from "./decide";
import { isDeceptivePath, judgeBody, upstreamHeaders, upstreamUrl } from "./forward";
import { pagePolicy } from "./page-policy";
import { answer, forward, pass } from "./respond";
import { type AskStore, createSessionReader, type SessionAnswer } from "./session";
import type { Wait } from "./single-flight";
import { createTokenSource } from "./token";

/** What the gate takes from the outside world. */
export interface Effects {
  readonly askStore: AskStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly wait: Wait;
  readonly randomId: () => string;
  readonly log: (entry: { code: string; request_id: string; error: string }) => void;
}

export type GateEnv = Pick<
  Env,
  | "appOrigin"
  | "origins"
  | "backendUrl"
  | "authSecret"
  | "jwt"
  | "sessionMaxStaleSeconds"
  | "maxBodyBytes"
  | "clientAddressHeader"
  | "development"
>;

/** Public pages and Better Auth's own routes: nobody needs to know who asks. */
const NOT_ASKED: SessionAnswer = { state: "none", setCookies: [] };

/** Builds the gate: gather the facts of a request, decide, perform. */
export function createGate(env: GateEnv, effects: Effects) {
  const { development } = env;
  const secure = env.appOrigin.startsWith("https:");
  const cookieNames = sessionCookieNames(secure);
  const sessions = createSessionReader({
    authSecret: env.authSecret,
    maxStale: env.sessionMaxStaleSeconds * 1000,
    ...effects,
  });
  const tokenFor = createTokenSource(createMinter(env.jwt, effects.randomId), effects.now, effects.wait);

  return async function gate(request: Request): Promise<Response> {
    const { method, headers } = request;
    const url = new URL(request.url);
    const classified = classify(method, url.pathname, headers);

    const cookieHeader = headers.get("cookie") ?? "";
    const cookies = readSessionCookies(cookieHeader, cookieNames);
    if (cookies && url.pathname === routes.signOut) await sessions.end(cookies);
    const session = isOpen(classified.kind)
      ? NOT_ASKED
      : await sessions.read(cookies, cookieHeader, { extend: classified.kind !== "backend" });

    const facts: Facts = {
      ...classified,
      session: session.state,
      crossSite: isCrossSite(headers, !classified.safe || classified.wants === "upgrade", env.origins),
      deceptivePath: isDeceptivePath(url.pathname),
      body: judgeBody(headers, env.maxBodyBytes),
    };
    const decision = decide(facts);

    const isUpgrade = classified.wants === "upgrade";
    const answerable = { url, headers, safe: classified.safe, isUpgrade };
    const setCookies = session.state === "unreachable" ? [] : session.setCookies;
    if (decision.do === "pass") {
      const policy = isPage(classified)
        ? pagePolicy(btoa(effects.randomId()), { secure, development })
        : undefined;
      return pass(answerable, setCookies, policy);
    }

    const requestId = effects.randomId();
    if (session.state === "unreachable") {
      effects.log({
        code: "gate_session_store_unreachable",
        request_id: requestId,
        error: reason(session.error),
      });
    }
    if (decision.do === "forward" && session.state === "active") {
      const outgoing = upstreamHeaders(headers, {
        token: await tokenFor(session.session.identity),
        requestId,
        appOrigin: env.appOrigin,
        clientAddressHeader: env.clientAddressHeader,
        isUpgrade,
      });
      return forward(
        upstreamUrl(env.backendUrl, routes.backend, url.pathname, url.search),
        outgoing,
        requestId,
      );
    }
    const refusal =
      decision.do === "forward" ? ({ do: "refuse", code: "gate_signed_out" } as const) : decision;
    return answer(refusal, answerable, requestId, setCookies);
  };
}

function isOpen(kind: Facts["kind"]): boolean {
  return kind === "public-page" || kind === "open-api";
}

/** Whether HTML is about to be rendered. */
function isPage({ kind, wants }: Classified): boolean {
  return wants === "document" && (kind === "page" || kind === "guest-page" || kind === "public-page");
}

/** The name and message of an error, and of what caused it; never a value of the request's. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own} (${reason(error.cause)})`;
}
