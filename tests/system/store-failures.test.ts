import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signSessionToken } from "../../scripts/stack/signing";
import { type App, type Database, startApp } from "../../scripts/stack/test-stack";

/** Session stores that accept connections, but do not work. */
const stores: [what: string, respond: RequestListener][] = [
  ["sends no response", () => {}],
  ["sends HTML", (_, response) => response.end("<html>not today</html>")],
  ["sends JSON of another form", (_, response) => response.end("{}")],
  ["closes the connection", (request) => request.socket.destroy()],
  [
    "stops in the middle of a response",
    (_, response) => response.writeHead(200).write('{"fields":[],"rows":['),
  ],
  [
    "redirects to a copy of itself",
    ({ url }, response) =>
      url === "/sql"
        ? response.writeHead(307, { location: "/copy" }).end()
        : response.end('{"fields":[],"rows":[],"command":"SELECT","rowCount":0}'),
  ],
];

// These tests wait for a timeout of the gate, so they run at the same time.
describe.concurrent.each(stores)("while the session store %s", (_, respond) => {
  let store: Server;
  let app: App;
  let cookie: string;

  beforeAll(async () => {
    store = createServer(respond);
    store.listen(0, "127.0.0.1");
    await once(store, "listening");
    const url = `http://127.0.0.1:${(store.address() as AddressInfo).port}`;
    const env = { DATABASE_URL: "postgresql://nobody:nothing@127.0.0.1/nowhere", NEON_ENDPOINT: url };
    const database: Database = { url: env.DATABASE_URL, env, stop: async () => {} };
    app = await startApp({ BACKEND_URL: "http://127.0.0.1:9" }, database);
    cookie = `better-auth.session_token=${await signSessionToken("unknown")}`;
  });
  afterAll(async () => {
    await app?.stop();
    store?.closeAllConnections();
    store?.close();
  });

  it("a call gets 503 and no cookie is changed", async () => {
    const response = await fetch(`${app.origin}/backend/x`, { headers: { cookie } });
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBeTruthy();
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(await response.json()).toMatchObject({ code: "gate_session_store_unreachable" });
  });

  it("a page responds with 503 and does not redirect to /login", async () => {
    const response = await fetch(`${app.origin}/device`, { headers: { cookie }, redirect: "manual" });
    expect(response.status).toBe(503);
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it("the sign-in page responds with 200", async () => {
    expect((await fetch(`${app.origin}/login`, { headers: { cookie } })).status).toBe(200);
  });
});
