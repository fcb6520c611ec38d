import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, type Database, startApp, startDatabase } from "../../scripts/stack/test-stack";

/** `/api/health` reports that the app is alive, `/api/health/ready` that it is ready. */

/** Starts a server whose behaviour `will` can change at any time. */
async function startPart() {
  let answer: "well" | "with a fault" | "never" = "well";
  let asked = 0;
  const server: Server = createServer((_, response) => {
    asked += 1;
    if (answer !== "never") response.writeHead(answer === "well" ? 404 : 500).end("secret words");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    will: (next: typeof answer) => {
      answer = next;
    },
    get asked() {
      return asked;
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const ready = (app: App) => fetch(`${app.origin}/api/health/ready`);

describe("an app whose backend comes and goes", () => {
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

  it("is ready, for a backend that knows no /health too", async () => {
    const response = await ready(app);
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toEqual({ status: "ready", database: "ok", backend: "ok" });
  });

  it("asks its parts once, however many ask", async () => {
    const before = backend.asked;
    const responses = await Promise.all(Array.from({ length: 50 }, () => ready(app)));
    expect(responses.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(backend.asked - before).toBeLessThanOrEqual(2);
  });

  it.each([
    ["with a fault", "failing"],
    ["never", "timeout"],
  ] as const)("is not while the backend answers %s, and lives all the same", async (answer, state) => {
    backend.will(answer);
    await expect.poll(async () => (await ready(app)).status, { timeout: 10_000 }).toBe(503);
    const response = await ready(app);
    expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await response.json()).toEqual({ status: "not ready", database: "ok", backend: state });
    expect((await fetch(`${app.origin}/api/health`)).status).toBe(200);
    backend.will("well");
    await expect.poll(async () => (await ready(app)).status, { timeout: 10_000 }).toBe(200);
  });

  it("is not without its database", async () => {
    await database.stop();
    await expect.poll(async () => (await ready(app)).status, { timeout: 10_000 }).toBe(503);
    const text = await (await ready(app)).text();
    expect(JSON.parse(text)).toEqual({ status: "not ready", database: "failing", backend: "ok" });
  });
});

it("is soon known not to be ready when the database hangs", async () => {
  const store = await startPart();
  store.will("never");
  const env = { DATABASE_URL: "postgresql://nobody:nothing@127.0.0.1/nowhere", NEON_ENDPOINT: store.url };
  const app = await startApp(
    { BACKEND_URL: store.url },
    { url: env.DATABASE_URL, env, stop: async () => {} },
  );
  try {
    const response = await ready(app);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ status: "not ready", database: "timeout", backend: "timeout" });
  } finally {
    await app.stop();
    store.stop();
  }
});
