import { Agent, request } from "node:http";

/** A response, as far as the measurements need it. */
export interface ClientResponse {
  readonly status: number;
  readonly body: string;
}

/**
 * Sends `count` GET requests, `concurrency` at a time over kept-alive connections. Returns the
 * responses and the requests per second.
 * Each run opens new connections, because a server closes a connection that is idle for seconds
 * between two runs.
 */
export async function run(
  concurrency: number,
  count: number,
  next: (n: number) => [url: string, headers: Record<string, string>],
) {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const responses: ClientResponse[] = [];
  let sent = 0;
  const worker = async () => {
    while (sent < count) {
      const n = sent++;
      responses[n] = await get(agent, ...next(n));
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const perSecond = (count * 1000) / (performance.now() - began);
  agent.destroy();
  return { responses, perSecond };
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
