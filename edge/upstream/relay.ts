import type { Log } from "../../lib/log/log";
import { type ProblemCode, problemResponse } from "../../lib/problem";
import { buildLogEntry } from "../log";
import type { GateRequest } from "../request";
import type { StartTimer } from "../util/single-flight";
import { buildResponseHeaders, type ResponseHeaderOptions } from "./response-headers";

/**
 * The second way to forward (`BACKEND_FORWARD=relay`): the gate itself calls `fetch` and streams
 * both bodies. It therefore also decides which response headers reach the browser
 * (`edge/upstream/response-headers.ts`). WebSockets always use the platform's rewrite.
 */

/** The effects and settings of a relay. */
export interface RelayOptions extends ResponseHeaderOptions {
  readonly fetch: typeof fetch;
  readonly startTimer: StartTimer;
  readonly log: Log;
  /** How long client and backend may each be silent, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Sends the request to `target` with these headers and streams the backend's response. When the
 * backend cannot be reached or one side is silent for too long, the result is a problem response:
 * `gate_backend_unreachable` (502), `gate_backend_timeout` (504) or `gate_upload_timeout` (408).
 */
export async function relay(
  request: GateRequest,
  target: string,
  upstreamHeaders: ReadonlyMap<string, string>,
  options: RelayOptions,
): Promise<Response> {
  const { method, body: incomingBody, signal } = request.raw;
  const headers = new Headers([...upstreamHeaders]);
  // `fetch` sends the host of the target instead.
  headers.delete("host");
  // Otherwise the runtime's `fetch` requests gzip and decodes the body, but keeps the
  // `Content-Encoding` header.
  headers.set("accept-encoding", "identity");

  const abort = new AbortController();
  signal.addEventListener("abort", () => abort.abort());
  const timeout = startTimeout(options.timeoutMs, options.startTimer, () => abort.abort());
  const body = incomingBody && hasBody(request.raw) ? timeUpload(incomingBody, timeout) : null;
  // With a length but no body, the backend would wait for the body.
  if (!body) headers.delete("content-length");
  try {
    const init: RequestInit & { duplex: "half" } = {
      method,
      headers,
      body,
      duplex: "half",
      redirect: "manual",
      signal: abort.signal,
    };
    const response = await options.fetch(target, init);
    return new Response(response.body, {
      status: response.status,
      headers: buildResponseHeaders(response, request, target, options),
    });
  } catch (error) {
    const code = timeout.late ?? "gate_backend_unreachable";
    // A client that has disconnected is not a failure of the backend, so it is not logged.
    if (!signal.aborted || timeout.late) options.log(buildLogEntry(request, code, error));
    return problemResponse(code, request.requestId);
  } finally {
    timeout.stop();
  }
}

interface Timeout {
  /** Restarts the timeout, for this side. */
  waitFor(side: "client" | "backend"): void;
  stop(): void;
  /** Set when one of the two sides has been silent for too long. */
  readonly late: ProblemCode | undefined;
}

/** Measures silence, not the whole exchange: a slow upload does not mean a slow backend. */
function startTimeout(timeoutMs: number, startTimer: StartTimer, onLate: () => void): Timeout {
  let late: ProblemCode | undefined;
  let isStopped = false;
  let stopTimer = () => {};
  const timeout: Timeout = {
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
  timeout.waitFor("backend");
  return timeout;
}

/**
 * Passes the body on as the backend reads it. While a chunk is awaited, the timeout is the
 * client's; at all other times, and after the last chunk, it is the backend's.
 */
function timeUpload(body: ReadableStream<Uint8Array>, timeout: Timeout): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        timeout.waitFor("client");
        const { done, value } = await reader.read();
        timeout.waitFor("backend");
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // No chunk is read ahead. Otherwise it would not be known which side is silent.
    { highWaterMark: 0 },
  );
}

/** `fetch` refuses a body with GET and HEAD, even an empty one. */
function hasBody({ method, headers }: Request): boolean {
  return method !== "GET" && method !== "HEAD" && Number(headers.get("content-length") ?? 0) > 0;
}
