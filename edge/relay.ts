import { BACKEND_POLICY } from "../lib/content-policy";
import type { Log } from "../lib/log";
import { type ProblemCode, problemResponse, problems } from "../lib/problem";
import { reasonOf } from "../lib/reason";
import { routes } from "../lib/routes";
import { traceIdOf } from "../lib/trace-context";
import type { StartTimer } from "./single-flight";

/**
 * The other way of forwarding (`BACKEND_FORWARD=relay`): the gate fetches by itself and streams both ways, and so also
 * decides what of the backend's answer gets out. WebSockets stay with the platform's rewrite.
 */

/** What the gate fetches with, and measures its patience by. */
export interface RelayEffects {
  readonly fetch: typeof fetch;
  readonly startTimer: StartTimer;
  readonly log: Log;
}

export interface Relayed {
  readonly target: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly requestId: string;
  readonly backendUrl: string;
}

/** The first byte of an answer has to come within this many milliseconds; Vercel's own limit is 25 seconds. */
const FIRST_BYTE_WITHIN = 25_000;

/**
 * RFC 9110 §7.6.1; what speaks to Next (which obeys `x-middleware-*` on an answer of ours); what names the backend or could; and
 * what is the app's own to say of its origin.
 */
const DROPPED = new RegExp(
  `^(${[
    "connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade",
    "x-middleware-.*|x-nextjs-.*|x-action-.*",
    "server|via|x-powered-by|content-location|link|alt-svc|refresh|sourcemap|x-sourcemap",
    "content-security-policy|service-worker-allowed",
    "report-to|reporting-endpoints|nel",
    "set-cookie|clear-site-data|access-control-.*|strict-transport-security|x-frame-options|x-content-type-options",
    "referrer-policy|permissions-policy|cross-origin-opener-policy",
  ].join("|")})$`,
);

export async function relay(request: Request, relayed: Relayed, effects: RelayEffects): Promise<Response> {
  const { target, requestId } = relayed;
  const headers = new Headers([...relayed.headers]);
  // The backend is asked by its own name.
  headers.delete("host");
  // The runtime's fetch would ask for gzip, and unpack it under the header that says it is packed.
  headers.set("accept-encoding", "identity");
  const body = hasBody(request) ? request.body : null;
  // A length without a body would leave the backend waiting for one.
  if (!body) headers.delete("content-length");

  const { fetch, startTimer, log } = effects;
  const leave = new AbortController();
  request.signal.addEventListener("abort", () => leave.abort());
  let isLate = false;
  const stopTimer = startTimer(FIRST_BYTE_WITHIN, () => {
    isLate = true;
    leave.abort();
  });
  try {
    const init: RequestInit & { duplex: "half" } = {
      method: request.method,
      headers,
      body,
      duplex: "half",
      redirect: "manual",
      cache: "no-store",
      signal: leave.signal,
    };
    const answer = await fetch(target, init);
    return new Response(answer.body, {
      status: answer.status,
      headers: answerHeaders(answer, relayed, request.url),
    });
  } catch (error) {
    const code: ProblemCode = isLate ? "gate_backend_timeout" : "gate_backend_unreachable";
    const { status } = problems[code];
    const trace_id = traceIdOf(relayed.headers.get("traceparent"));
    log({ code, request_id: requestId, trace_id, status, route: "backend", error: reasonOf(error) });
    return problemResponse(code, requestId);
  } finally {
    stopTimer();
  }
}

function answerHeaders(answer: Response, relayed: Relayed, requestUrl: string): Headers {
  const outgoing = new Headers();
  for (const [name, value] of answer.headers) if (!DROPPED.test(name)) outgoing.append(name, value);
  const location = answer.headers.get("location");
  if (location !== null) {
    // Next takes absolute addresses alone, and makes those of its own origin relative again.
    outgoing.set(
      "location",
      new URL(mapLocation(location, relayed.target, relayed.backendUrl), requestUrl).href,
    );
  }
  // RFC 9111 §5.2.2.6. Next would compress the answer, and hold a stream of events back until its end.
  outgoing.append("cache-control", "no-transform");
  outgoing.set("content-security-policy", BACKEND_POLICY);
  outgoing.set("x-request-id", relayed.requestId);
  return outgoing;
}

/** Where the backend sends a browser: its own addresses are to be found below the prefix. */
export function mapLocation(location: string, target: string, backendUrl: string): string {
  if (!URL.canParse(location, target)) return routes.backend;
  const url = new URL(location, target);
  const base = new URL(backendUrl);
  // By its name alone: uvicorn says "https" where `X-Forwarded-Proto` does.
  if (url.host !== base.host) return location;
  const prefix = base.pathname === "/" ? "" : base.pathname;
  const path = url.pathname.startsWith(`${prefix}/`) ? url.pathname.slice(prefix.length) : url.pathname;
  return routes.backend + path + url.search + url.hash;
}

/** `fetch` takes no body with these two, not even an empty one. */
function hasBody({ method, headers }: Request): boolean {
  return method !== "GET" && method !== "HEAD" && Number(headers.get("content-length") ?? 0) > 0;
}
