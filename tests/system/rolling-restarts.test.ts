import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseEnv } from "../../lib/env";
import { freePort } from "../../scripts/lib/ports";
import { startEmbeddedPostgres } from "../../scripts/stack/embedded-postgres";
import { migrate } from "../../scripts/stack/migrate";
import { startNeonEndpoint } from "../../scripts/stack/neon-endpoint";
import { findPostgres, startPlainPostgres } from "../../scripts/stack/plain-postgres";
import { type App, startApp, testEnv } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { startEchoUpstream } from "../fixtures/echo-upstream";
import { startNginx } from "../fixtures/nginx";

/** Three instances behind nginx with one Postgres. Each in turn is stopped and started again. */

let postgres: { url: string; close(): Promise<void> };
let endpoint: Awaited<ReturnType<typeof startNeonEndpoint>>;
let upstream: Awaited<ReturnType<typeof startEchoUpstream>>;
let nginx: Awaited<ReturnType<typeof startNginx<"app">>>;
const apps: App[] = [];

beforeAll(async () => {
  const installed = findPostgres();
  postgres = await (installed ? startPlainPostgres(installed) : startEmbeddedPostgres());
  endpoint = await startNeonEndpoint({ databaseUrl: postgres.url });
  const database = { DATABASE_URL: postgres.url, NEON_ENDPOINT: endpoint.url };
  await migrate(parseEnv(testEnv(database)));
  upstream = await startEchoUpstream();
  nginx = await startNginx(["app"]);
  for (let n = 0; n < 3; n++) apps.push(await startInstance(await freePort()));
  await nginx.route({ app: apps.map(({ origin }) => origin) });
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  await nginx?.stop();
  await upstream?.stop();
  await endpoint?.close();
  await postgres?.close();
});

function startInstance(port: number): Promise<App> {
  const env = { DATABASE_URL: postgres.url, NEON_ENDPOINT: endpoint.url };
  const variables = {
    ...{ BETTER_AUTH_URL: nginx.origin("app"), BACKEND_URL: upstream.url },
    ...{ CLIENT_ADDRESS_HEADER: "X-Real-IP", SHUTDOWN_DELAY_SECONDS: "1" },
  };
  return startApp(variables, { url: postgres.url, env, stop: async () => {} }, { port });
}

/** `fetch` keeps connections open, and nginx closes them when it loads a new configuration. */
async function send(url: string, init: RequestInit): Promise<Response> {
  const headers = Object.fromEntries(new Headers(init.headers));
  return new Promise((resolve, reject) => {
    const client = request(
      url,
      { agent: new Agent(), method: init.method ?? "GET", headers },
      async (response) => {
        const body = await text(response);
        const { statusCode: status = 0 } = response;
        resolve(new Response(body || null, { status, headers: toHeaders(response.headers) }));
      },
    );
    client.on("error", reject);
    client.end(init.body as string | undefined);
  });
}

function toHeaders(headers: IncomingHttpHeaders): Headers {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const each of [value ?? []].flat()) result.append(name, each);
  }
  return result;
}

it("no request fails while each of three instances is restarted", async () => {
  const members = await Promise.all(
    ["ada", "grace"].map(async (name) => {
      const member = new Visitor(nginx.origin("app"), { send });
      await member.signUp(`${name}@example.com`);
      return member;
    }),
  );
  const unexpected: string[] = [];
  let requests = 0;
  let isOver = false;
  const expectStatus = (what: string, response: Response, status: number) => {
    requests += 1;
    if (response.status !== status) unexpected.push(`${what}: ${response.status}`);
  };

  const work = members.map(async (member) => {
    while (!isOver) {
      expectStatus("call", await member.fetch("/backend/x"), 200);
      expectStatus("POST", await member.post("/backend/x", { title: "x" }), 200);
      expectStatus("page", await member.fetch("/dashboard"), 200);
      // The next request needs a lookup, unless its instance has the session in memory.
      member.cookies.delete("better-auth.session_data");
      await sleep(100);
    }
  });
  const signIns = (async () => {
    // Below the limit of sign-ins to one account in a minute.
    for (let n = 0; !isOver; n++) {
      const guest = new Visitor(nginx.origin("app"), { send });
      expectStatus("sign-up", await guest.signUp(`guest-${n}@example.com`), 200);
      expectStatus("sign-in", await guest.signIn(`guest-${n}@example.com`), 200);
      expectStatus("page for guests", await new Visitor(guest.origin, { send }).fetch("/login"), 200);
      await sleep(10_000);
    }
  })();

  const exitCodes: (number | null)[] = [];
  for (const [n, app] of apps.entries()) {
    await nginx.route({ app: apps.filter((other) => other !== app).map(({ origin }) => origin) });
    process.kill(-app.pid, "SIGTERM");
    exitCodes.push((await app.exited).code);
    apps[n] = await startInstance(Number(new URL(app.origin).port));
    await expect.poll(async () => (await fetch(`${apps[n]?.origin}/api/health`)).status).toBe(200);
    await nginx.route({ app: apps.map(({ origin }) => origin) });
  }
  isOver = true;
  await Promise.all([...work, signIns]);
  expect(unexpected).toEqual([]);
  expect(exitCodes).toEqual([0, 0, 0]);
  expect(requests).toBeGreaterThan(30);
}, 300_000);
