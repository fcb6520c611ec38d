import { Agent, request } from "node:http";
import { computePercentile } from "./statistics";

/** A response, as far as the measurements need it. */
export interface ClientResponse {
  readonly status: number;
  readonly body: string;
}

/**
 * Sends `count` GET requests, `concurrency` at a time over kept-alive connections. Returns the
 * responses, the requests per second, and the latency that 99 of 100 requests do not exceed, in
 * milliseconds.
 * Each run opens new connections, because a server closes a connection that is idle for seconds
 * between two runs.
 */
export async function run(
  concurrency: number,
  count: number,
  next: (n: number) => [url: string, headers: Record<string, string>],
) {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  // Built before the clock starts, so that the client has as little as possible to do meanwhile.
  const requests = Array.from({ length: count }, (_, n) => next(n));
  const responses: ClientResponse[] = [];
  const latencies: number[] = [];
  let sent = 0;
  const worker = async () => {
    while (sent < count) {
      const n = sent++;
      const began = performance.now();
      responses[n] = await get(agent, ...(requests[n] as (typeof requests)[0]));
      latencies[n] = performance.now() - began;
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const perSecond = (count * 1000) / (performance.now() - began);
  agent.destroy();
  return { responses, perSecond, p99: computePercentile(latencies, 0.99) };
}

function get(agent: Agent, url: string, headers: Record<string, string>): Promise<ClientResponse> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers }, (response) => {
      response.setEncoding("utf8");
      let body = "";
      response.on("data", (piece) => {
        body += piece;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end();
  });
}
