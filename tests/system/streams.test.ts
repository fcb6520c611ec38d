import { once } from "node:events";
import { createServer, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { type App, startApp } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";

/** Starts an upstream whose events the test sends one at a time. */
async function startEventSource() {
  const streams: ServerResponse[] = [];
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 1\n\n");
    streams.push(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The stream of the last request. */
    stream: () => streams.at(-1) as ServerResponse,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

describe.each(["rewrite", "relay"])("with forwarding by %s", (forwarding) => {
  let events: Awaited<ReturnType<typeof startEventSource>>;
  let app: App;
  let cookie: string;

  beforeAll(async () => {
    events = await startEventSource();
    app = await startApp({ BACKEND_URL: events.url, BACKEND_FORWARD: forwarding });
    const member = new Visitor(app.origin);
    await member.signUp("ada@example.com");
    cookie = member.cookieHeader;
  });
  afterAll(async () => {
    await app?.stop();
    await events?.stop();
  });

  async function subscribe(headers: Record<string, string>) {
    const client = request(`${app.origin}/backend/events`, { headers: { cookie, ...headers } });
    client.end();
    const [response] = await once(client, "response");
    response.setEncoding("utf8");
    return { client, response };
  }

  test.each([
    ["an EventSource", { accept: "text/event-stream", "accept-encoding": "gzip, br" }],
    ["a fetch that accepts gzip", { accept: "*/*", "accept-encoding": "gzip" }],
    ["a program that accepts no gzip", { accept: "*/*" }],
  ])("%s receives each event immediately", async (_, headers) => {
    const { client, response } = await subscribe(headers);
    expect((await once(response, "data"))[0]).toBe("data: 1\n\n");
    events.stream().write("data: 2\n\n");
    expect((await once(response, "data"))[0]).toBe("data: 2\n\n");
    client.destroy();
  });

  it("the upstream connection closes when the client disconnects", async () => {
    const { client, response } = await subscribe({ accept: "text/event-stream" });
    await once(response, "data");
    const closed = once(events.stream(), "close");
    client.destroy();
    // If the gate kept the upstream connection open, this would fail by the test's timeout.
    await closed;
  });
});
