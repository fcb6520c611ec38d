import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { LOOPBACK, listen } from "../../scripts/lib/ports";

/** Starts a proxy in front of Neon's HTTP endpoint that keeps each query and passes it on. */
export async function startQueryCounter(target: string) {
  const queries: string[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const body = await text(incoming);
    queries.push(JSON.parse(body).query);
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).filter(([name]) => name.startsWith("neon-")),
    ) as Record<string, string>;
    const answer = await fetch(`${target}${incoming.url}`, { method: "POST", headers, body });
    outgoing.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  });
  const port = await listen(server);
  return {
    url: `http://${LOOPBACK}:${port}`,
    queries,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
