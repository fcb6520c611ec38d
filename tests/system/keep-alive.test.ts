import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import project from "../../package.json" with { type: "json" };
import { freePort } from "../../scripts/lib/ports";
import { type App, type Database, startApp, startDatabase } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { startEchoUpstream } from "../fixtures/echo-upstream";
import { readSamples } from "../fixtures/guides";
import { guideSite, startGuideNginx } from "../fixtures/nginx";

/**
 * If a proxy keeps idle connections for longer than the server behind it, it sends requests on
 * connections that the server is just closing. It may not repeat a POST, so the visitor gets a 502.
 */

/** Apache, HAProxy and cloud load balancers keep idle connections for up to 60 seconds. */
const OTHER_PROXIES = 60;

const nginxSeconds = Number(guideSite().match(/^\s*keepalive_timeout (\d+)s;/m)?.[1]);

describe("with the settings of the guides,", () => {
  const standalone = readSamples().find(({ text }) => text.includes("standalone/server.js"))?.text ?? "";

  it.each([
    ["npm start", Number(project.scripts.start.match(/--keepAliveTimeout (\d+)/)?.[1]) / 1000],
    ["the guide's standalone server", Number(standalone.match(/KEEP_ALIVE_TIMEOUT=(\d+)/)?.[1]) / 1000],
  ])("%s keeps idle connections for longer than the proxies in front", (_, seconds) => {
    expect(seconds).toBeGreaterThan(nginxSeconds);
    expect(seconds).toBeGreaterThan(OTHER_PROXIES);
  });

  it("nginx closes before a Node server with default settings", () => {
    expect(nginxSeconds).toBeLessThan(5);
  });
});

/** All apps share it: a process that starts a database cannot serve another one meanwhile. */
let database: Database;
beforeAll(async () => {
  database = await startDatabase();
});
afterAll(() => database?.stop());

// The POSTs wait for one another, so both ways run at the same time.
describe.concurrent.each(["rewrite", "relay"])("behind the guide's nginx, forwarding by %s", (forwarding) => {
  let echo: Awaited<ReturnType<typeof startEchoUpstream>>;
  let nginx: Awaited<ReturnType<typeof startGuideNginx>>;
  let app: App;
  let member: Visitor;
  let port: number;

  beforeAll(async () => {
    echo = await startEchoUpstream();
    port = await freePort();
    app = await startApp({ BACKEND_URL: echo.url, BACKEND_FORWARD: forwarding }, database);
    member = new Visitor(app.origin);
    await member.signUp(`${randomUUID()}@example.com`);
    nginx = await startGuideNginx(port, [Number(new URL(app.origin).port)]);
  });
  afterAll(async () => {
    await nginx?.stop();
    await app?.stop();
    await echo?.stop();
  });

  async function post(agent: Agent): Promise<number | undefined> {
    const client = request({
      ...{ agent, host: "127.0.0.1", port, path: "/backend/x", method: "POST", rejectUnauthorized: false },
      headers: { cookie: member.cookieHeader, host: new URL(app.origin).host, "content-length": 2 },
    });
    client.end("hi");
    const [response] = await once(client, "response");
    response.resume();
    await once(response, "end");
    return response.statusCode;
  }

  it("announces how long it keeps an idle connection", async () => {
    const response = await fetch(`${app.origin}/api/health`);
    expect(response.headers.get("keep-alive")).toBe("timeout=75");
  });

  // The time after which Node closes an idle connection by default: 5 seconds, plus 1 as a buffer
  // for the clock of the other side.
  const [connections, rounds, spacing] = [30, Number(process.env.KEEP_ALIVE_ROUNDS ?? 4), 6_000];
  it(`${connections * rounds} POSTs, each ${spacing / 1000} s after the one before, all arrive`, async () => {
    const statuses: (number | undefined)[] = [];
    const begin = Date.now();
    await Promise.all(
      Array.from({ length: connections }, async (_, index) => {
        // Spread over time, so that each connection sends near the moment when it would be closed.
        await sleep(index * 7);
        const agent = new Agent({ keepAlive: true });
        for (let round = 0; round < rounds; round++) {
          await sleep(begin + index * 7 + round * spacing - Date.now());
          statuses.push(await post(agent));
        }
        agent.destroy();
      }),
    );
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect(statuses).toHaveLength(connections * rounds);
  }, 120_000);
});
