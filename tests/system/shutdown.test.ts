import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { acceptsConnections, freePort, LOOPBACK } from "../../scripts/lib/ports";
import { respondsAt } from "../../scripts/lib/process";
import { root } from "../../scripts/lib/root";
import {
  type App,
  type Database,
  DIST_DIR,
  startApp,
  startDatabase,
  testEnv,
} from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { startMailServer } from "../fixtures/mail-server";
import { startOpenEndedUpstream } from "../fixtures/open-ended-upstream";

/** `next start` receives SIGTERM while requests are in progress. */

let database: Database;
let upstream: Awaited<ReturnType<typeof startOpenEndedUpstream>>;
const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-shutdown-"));

beforeAll(async () => {
  [database, upstream] = await Promise.all([startDatabase(), startOpenEndedUpstream()]);
});
afterAll(async () => {
  upstream?.stop();
  await database?.stop();
  rmSync(folder, { recursive: true, force: true });
});

let members = 0;

async function signUp(origin: string): Promise<Visitor> {
  const member = new Visitor(origin);
  await member.signUp(`member-${++members}@example.com`);
  return member;
}

/** Starts a server and signs a user up. */
async function start(forwarding: string, delaySeconds: number, more: Record<string, string> = {}) {
  const logDir = path.join(folder, `${forwarding}-${members}`);
  const variables = {
    ...{ BACKEND_URL: upstream.url, BACKEND_FORWARD: forwarding },
    ...{ SHUTDOWN_DELAY_SECONDS: `${delaySeconds}`, ...more },
  };
  const app = await startApp(variables, database, { logDir });
  const member = await signUp(app.origin);
  return {
    app,
    member,
    readLog: () => readFileSync(path.join(logDir, "next.log"), "utf8"),
    /** The whole group receives the signal, so that the shell around the server passes none on. */
    signal: () => process.kill(-app.pid, "SIGTERM"),
  };
}

/**
 * Sends a request to `/slow` and waits until it has arrived. The response is a property, because
 * `await` would wait for it too.
 */
async function inProgress(member: Visitor): Promise<{ response: Promise<Response> }> {
  const before = upstream.waiting();
  const response = member.fetch("/backend/slow");
  response.catch(() => {});
  await expect.poll(upstream.waiting).toBe(before + 1);
  return { response };
}

const isListening = (app: App) => acceptsConnections(LOOPBACK, Number(new URL(app.origin).port));

async function get(app: App, url: string, agent: Agent, cookie = ""): Promise<IncomingMessage> {
  const client = request(app.origin + url, { agent, headers: { cookie } });
  client.end();
  const [response] = await once(client, "response");
  response.resume();
  await once(response, "end");
  return response;
}

describe.each(["rewrite", "relay"])(
  "a server that receives SIGTERM, with forwarding by %s,",
  (forwarding) => {
    it("is not ready, still serves requests, then accepts none, completes the slow one, and exits with 0", async () => {
      const { app, member, readLog, signal } = await start(forwarding, 3);
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const before = await get(app, "/backend/x", agent, member.cookieHeader);
      expect([before.statusCode, before.headers.connection]).toEqual([200, "keep-alive"]);
      const slow = await inProgress(member);
      signal();

      const ready = () => fetch(`${app.origin}/api/health/ready`);
      await expect.poll(async () => (await ready()).status, { interval: 50 }).toBe(503);
      const notReady = await ready();
      expect(notReady.headers.get("retry-after")).toMatch(/^\d+$/);
      expect(await notReady.json()).toEqual({ status: "not ready", server: "stopping" });
      expect((await fetch(`${app.origin}/api/health`)).status).toBe(200);
      for (const url of ["/backend/x", "/device"]) {
        const { statusCode, headers } = await get(app, url, agent, member.cookieHeader);
        expect([statusCode, headers.connection], url).toEqual([200, "close"]);
      }
      expect((await member.post("/backend/x", {})).status).toBe(200);

      await expect.poll(() => isListening(app)).toBe(false);
      upstream.release();
      const response = await slow.response;
      expect([response.status, response.headers.get("connection")]).toEqual([200, "close"]);
      expect(await response.text()).toBe("slow response");
      expect((await app.exited).code).toBe(0);
      expect(readLog()).toContain('"code":"server_stopping","what":"SIGTERM"');
      expect(readLog()).not.toContain("server_cut_requests");
      // Node warns of an object with too many listeners, such as a response that is observed.
      expect(readLog()).not.toContain("Warning");
    });

    it("closes WebSockets, event streams, and connections that become idle when it accepts no more connections", async () => {
      const { app, member, signal } = await start(forwarding, 0);
      const headers = { cookie: member.cookieHeader };
      const socket = new WebSocket(`${app.origin.replace("http", "ws")}/backend/live`, {
        ...{ origin: app.origin, headers },
      });
      await once(socket, "open");
      const events = await fetch(`${app.origin}/backend/events`, { headers });
      const reader = events.body?.getReader();
      expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("data: 1\n\n");
      const client = request(`${app.origin}/backend/begun`, {
        agent: new Agent({ keepAlive: true }),
        headers,
      });
      client.end();
      const [begun]: IncomingMessage[] = await once(client, "response");
      expect(begun?.headers.connection).toBe("keep-alive");
      const slow = await inProgress(member);

      const closed = once(socket, "close");
      signal();
      // RFC 6455 §7.1.5: 1006 stands for a connection that was closed without a close frame.
      expect((await closed)[0]).toBe(1006);
      await expect(reader?.read()).rejects.toThrow();
      const idle = once(begun?.socket as Socket, "close");
      upstream.release("/begun");
      expect(await text(begun as IncomingMessage)).toBe("begun response");
      await idle;
      // They do not end the requests that have an end.
      upstream.release();
      expect((await slow.response).status).toBe(200);
      expect((await app.exited).code).toBe(0);
    });
  },
);

it("a server that receives SIGTERM cuts a request that takes longer than 20 seconds, logs it, and exits with 0", async () => {
  const { app, member, readLog, signal } = await start("rewrite", 0);
  const slow = await inProgress(member);
  signal();
  await expect(slow.response).rejects.toThrow();
  upstream.release();
  expect((await app.exited).code).toBe(0);
  expect(readLog()).toContain('"code":"server_cut_requests","what":"1"');
});

it("a server that receives SIGTERM twice exits at once", async () => {
  const { app, member, signal } = await start("rewrite", 60);
  const slow = await inProgress(member);
  signal();
  await sleep(1_200);
  signal();
  expect((await app.exited).code).toBe(143);
  await expect(slow.response).rejects.toThrow();
  upstream.release();
});

it("a server that receives SIGTERM completes an email that is being sent, and exits with 0", async () => {
  const mail = await startMailServer();
  const release = mail.hold();
  const { app, signal } = await start("rewrite", 0, mail.env);
  signal();
  await expect.poll(() => isListening(app), { interval: 20 }).toBe(false);
  release();
  expect((await mail.next(`member-${members}@example.com`)).subject).toBe("Confirm your email address");
  expect((await app.exited).code).toBe(0);
  await mail.stop();
});

it("npm start completes the requests in progress and exits with 0", async () => {
  const port = await freePort();
  const origin = `http://${LOOPBACK}:${port}`;
  const npm = spawn("npm", ["start", "--", "--hostname", LOOPBACK, "--port", `${port}`], {
    cwd: root,
    env: testEnv({
      ...{ ...database.env, BETTER_AUTH_URL: origin, BACKEND_URL: upstream.url },
      ...{ NODE_ENV: "production", NEXT_DIST_DIR: DIST_DIR, __NEXT_PROCESSED_ENV: "true" },
    }) as NodeJS.ProcessEnv,
    stdio: "ignore",
  });
  const exited = once(npm, "exit");
  await respondsAt(`${origin}/api/health`)(AbortSignal.timeout(60_000));
  const member = await signUp(origin);
  const slow = await inProgress(member);
  npm.kill("SIGTERM");
  await expect.poll(() => acceptsConnections(LOOPBACK, port)).toBe(false);
  upstream.release();
  expect(await (await slow.response).text()).toBe("slow response");
  expect(await exited).toEqual([0, null]);
});
