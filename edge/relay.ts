import { BACKEND_POLICY } from "../lib/content-policy";
import type { Log } from "../lib/log";
import { type ProblemCode, problemResponse, problems } from "../lib/problem";
import { reasonOf } from "../lib/reason";
import { traceIdOf } from "../lib/trace-context";
import type { BackendAddresses } from "./backend-addresses";
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
  readonly addresses: BackendAddresses;
  readonly appOrigin: string;
  /** How long client and backend may each be silent, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * RFC 9110 §7.6.1; what speaks to Next (which obeys `x-middleware-*` on an answer of ours); what names the backend or could; and
 * what is the app's own to say of its origin.
 */
const DROPPED = new RegExp(
  `^(${[
    "connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade",
    "x-middleware-.*|x-nextjs-.*|x-action-.*",
    "server|via|x-powered-by|alt-svc|x-sourcemap",
    "content-security-policy|content-security-policy-report-only|service-worker-allowed",
    "report-to|reporting-endpoints|nel|accept-ch|critical-ch|origin-agent-cluster|set-login",
    "(?:sec|secure)-session-.*",
    "set-cookie|clear-site-data|access-control-.*|strict-transport-security|x-frame-options|x-content-type-options",
    "referrer-policy|permissions-policy|cross-origin-opener-policy",
  ].join("|")})$`,
);

/** Next turns an absolute address of its own origin into a path for these statuses alone. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export async function relay(request: Request, relayed: Relayed, effects: RelayEffects): Promise<Response> {
  const { target, requestId } = relayed;
  const headers = new Headers([...relayed.headers]);
  // The backend is asked by its own name.
  headers.delete("host");
  // The runtime's fetch would ask for gzip, and unpack it under the header that says it is packed.
  headers.set("accept-encoding", "identity");

  const leave = new AbortController();
  request.signal.addEventListener("abort", () => leave.abort());
  const clock = startClock(relayed.timeoutMs, effects.startTimer, () => leave.abort());
  const body = request.body && hasBody(request) ? timeUpload(request.body, clock) : null;
  // A length without a body would leave the backend waiting for one.
  if (!body) headers.delete("content-length");
  try {
    const init: RequestInit & { duplex: "half" } = {
      method: request.method,
      headers,
      body,
      duplex: "half",
      redirect: "manual",
      signal: leave.signal,
    };
    const answer = await effects.fetch(target, init);
    return new Response(answer.body, {
      status: answer.status,
      headers: answerHeaders(answer, relayed, request.url),
    });
  } catch (error) {
    const code = clock.late ?? "gate_backend_unreachable";
    const { status } = problems[code];
    const trace_id = traceIdOf(relayed.headers.get("traceparent"));
    // A client that has gone away is no failure of the backend.
    if (!request.signal.aborted || clock.late)
      effects.log({
        code,
        request_id: requestId,
        trace_id,
        status,
        route: "backend",
        error: reasonOf(error),
      });
    return problemResponse(code, requestId);
  } finally {
    clock.stop();
  }
}

interface Clock {
  /** Whom the gate waits for from now on. */
  waitFor(side: "client" | "backend"): void;
  stop(): void;
  /** Set when one of the two has been silent for too long. */
  readonly late: ProblemCode | undefined;
}

/** Measures silence, not the whole exchange: a slow upload is no slow backend. */
function startClock(timeoutMs: number, startTimer: StartTimer, onLate: () => void): Clock {
  let late: ProblemCode | undefined;
  let isStopped = false;
  let stopTimer = () => {};
  const clock: Clock = {
    waitFor(side) {
      stopTimer();
      if (isStopped) return;
      stopTimer = startTimer(timeoutMs, () => {
        late = side === "client" ? "gate_upload_timeout" : "gate_backend_timeout";
        onLate();
      });
    },
    stop() {
      isStopped = true;
      stopTimer();
    },
    get late() {
      return late;
    },
  };
  clock.waitFor("backend");
  return clock;
}

/** Passes the body on as the backend takes it. After its last chunk the time is the backend's. */
function timeUpload(body: ReadableStream<Uint8Array>, clock: Clock): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clock.waitFor("client");
        const { done, value } = await reader.read();
        clock.waitFor("backend");
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // Nothing is read ahead, so that it is known who keeps whom waiting.
    { highWaterMark: 0 },
  );
}

function answerHeaders(answer: Response, relayed: Relayed, requestUrl: string): Headers {
  const outgoing = new Headers();
  for (const [name, value] of answer.headers) {
    if (DROPPED.test(name)) continue;
    const rewritten = relayed.addresses.rewriteHeader(name, value, relayed.target);
    if (rewritten !== undefined) outgoing.append(name, rewritten);
  }
  const location = outgoing.get("location");
  if (location !== null) {
    // Next takes only absolute addresses here.
    const base = new URL(requestUrl);
    const { href } = new URL(location, base);
    const isOurs = href.startsWith(`${base.origin}/`) && !REDIRECTS.has(answer.status);
    outgoing.set("location", isOurs ? relayed.appOrigin + href.slice(base.origin.length) : href);
  }
  // `fetch` has unpacked these, whatever it asked for.
  if (/^(?:x-)?(?:gzip|deflate|br)$/i.test(answer.headers.get("content-encoding") ?? "") && answer.body) {
    outgoing.delete("content-encoding");
    outgoing.delete("content-length");
  }
  // RFC 9111 §5.2.2.6. Next would compress the answer, and hold a stream of events back until its end.
  outgoing.append("cache-control", "no-transform");
  outgoing.set("content-security-policy", BACKEND_POLICY);
  outgoing.set("x-request-id", relayed.requestId);
  return outgoing;
}

/** `fetch` takes no body with these two, not even an empty one. */
function hasBody({ method, headers }: Request): boolean {
  return method !== "GET" && method !== "HEAD" && Number(headers.get("content-length") ?? 0) > 0;
}
