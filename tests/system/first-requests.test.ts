import { once } from "node:events";
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cookieHeader, storeSessions } from "../../scripts/bench/visitors";
import { type App, type NeonDatabase, startApp, startDatabase } from "../../scripts/stack/test-stack";
import { startEchoUpstream } from "../fixtures/echo-upstream";
import { startQueryCounter } from "../fixtures/query-counter";

/** Many requests at once with a session that is not yet in the cache of `next start`. */

let database: NeonDatabase;
let endpoint: Awaited<ReturnType<typeof startQueryCounter>>;
let echo: Awaited<ReturnType<typeof startEchoUpstream>>;
let app: App;

beforeAll(async () => {
  database = await startDatabase();
  endpoint = await startQueryCounter(database.env.NEON_ENDPOINT);
  echo = await startEchoUpstream();
  app = await startApp({ BACKEND_URL: echo.url, NEON_ENDPOINT: endpoint.url }, database);
});
afterAll(async () => {
  await app?.stop();
  await echo?.stop();
  await endpoint?.stop();
  await database?.stop();
});

it("a thousand simultaneous requests of a new session need one query and one token", async () => {
  await storeSessions(database.url, ["new-here"]);
  const cookie = await cookieHeader("new-here", { secure: false, cached: false });
  const agent = new Agent({ keepAlive: true });
  const statuses = await Promise.all(Array.from({ length: 1000 }, () => statusOf(agent, cookie)));
  agent.destroy();

  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(endpoint.queries).toEqual([expect.stringContaining('from "session"')]);
  const tokens = new Set(echo.arrived.map(({ headers }) => headers.authorization?.[0]));
  expect(tokens.size).toBe(1);
  expect(echo.arrived).toHaveLength(1000);
});

async function statusOf(agent: Agent, cookie: string): Promise<number | undefined> {
  const sent = request(`${app.origin}/backend/x`, { agent, headers: { cookie } }).end();
  const [response] = await once(sent, "response");
  await text(response);
  return response.statusCode;
}
