import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { slugOf } from "../../lib/backends";
import { routes } from "../../lib/routes";
import { type App, type Database, startApp, startDatabase } from "../../scripts/stack/test-stack";

/** `/api/health` reports that the app is alive, `/api/health/ready` that it is ready. */

/** Starts a server whose behaviour can change at any time. */
async function startPart() {
  let behaviour: "ok" | "error" | "hang" = "ok";
  let requests = 0;
  const server: Server = createServer((_, response) => {
    requests += 1;
    if (behaviour !== "hang") response.writeHead(behaviour === "ok" ? 404 : 500).end("secret words");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setBehaviour: (next: typeof behaviour) => {
      behaviour = next;
    },
    get requests() {
      return requests;
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The parts of further backends. */
const others = Object.fromEntries(
  routes.backends.slice(1).map((backend) => [`backend-${slugOf(backend)}`, "ok"]),
);
const ready = (app: App) => fetch(`${app.origin}/api/health/ready`);

describe("an app whose backend stops and starts", () => {
  let app: App;
  let database: Database;
  let backend: Awaited<ReturnType<typeof startPart>>;

  beforeAll(async () => {
    [database, backend] = await Promise.all([startDatabase(), startPart()]);
    app = await startApp({ BACKEND_URL: backend.url }, database);
  });
  afterAll(async () => {
    await app?.stop();
    backend?.stop();
    await database?.stop();
  });

  it("is ready, also with a backend that has no /health", async () => {
    const response = await ready(app);
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toEqual({ ...others, status: "ready", database: "ok", backend: "ok" });
  });

  it("checks its parts at most once a second, however many callers there are", async () => {
    const before = backend.requests;
    const startedAt = Date.now();
    const responses = await Promise.all(Array.from({ length: 50 }, () => ready(app)));
    expect(responses.map(({ status }) => status)).toEqual(Array(50).fill(200));
    const seconds = Math.ceil((Date.now() - startedAt) / 1000);
    expect(backend.requests - before).toBeLessThanOrEqual(1 + seconds);
  });

  it.each([
    ["responds with 500", "error", "failing"],
    ["does not respond", "hang", "timeout"],
  ] as const)("is not ready while the backend %s, although it is alive", async (_, behaviour, state) => {
    backend.setBehaviour(behaviour);
    await expect.poll(async () => (await ready(app)).status).toBe(503);
    const response = await ready(app);
    expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await response.json()).toEqual({ ...others, status: "not ready", database: "ok", backend: state });
    expect((await fetch(`${app.origin}/api/health`)).status).toBe(200);
    backend.setBehaviour("ok");
    await expect.poll(async () => (await ready(app)).status).toBe(200);
  });

  it("is not ready without its database", async () => {
    await database.stop();
    await expect.poll(async () => (await ready(app)).status).toBe(503);
    const text = await (await ready(app)).text();
    expect(JSON.parse(text)).toEqual({ ...others, status: "not ready", database: "failing", backend: "ok" });
  });
});

it("an app whose database hangs is soon reported as not ready", async () => {
  const store = await startPart();
  store.setBehaviour("hang");
  const env = { DATABASE_URL: "postgresql://nobody:nothing@127.0.0.1/nowhere", NEON_ENDPOINT: store.url };
  const app = await startApp(
    { BACKEND_URL: store.url },
    { url: env.DATABASE_URL, env, stop: async () => {} },
  );
  try {
    const response = await ready(app);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      ...others,
      status: "not ready",
      database: "timeout",
      backend: "timeout",
    });
  } finally {
    await app.stop();
    store.stop();
  }
});
