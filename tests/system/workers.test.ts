import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { parseEnv } from "../../lib/env";
import { readClientConfig } from "../../lib/server/postgres/client-config";
import { identityOf } from "../../lib/token/contract";
import { createMinter } from "../../lib/token/mint";
import { freePort } from "../../scripts/lib/ports";
import { type Backend, ensureVenv, migrateBackend, startBackend } from "../../scripts/stack/backend";
import { testEnv } from "../../scripts/stack/test-stack";
import { firstPage, type LiveTasks, openLiveTasks } from "../fixtures/live-tasks";
import { startNginx } from "../fixtures/nginx";
import { type PlainDatabase, startPlainDatabase } from "../fixtures/plain-database";

/**
 * Two workers of the reference FastAPI behind nginx, as two processes on one PostgreSQL, which also
 * has the tables of Better Auth. nginx has a port for each worker, and one where they take turns.
 */

const names = ["first", "second"] as const;
type Name = (typeof names)[number];
type Entry = Name | "both";

const mint = createMinter(parseEnv(testEnv({})).jwt, randomUUID);

let folder: string;
let database: PlainDatabase;
let env: Record<string, string>;
let nginx: Awaited<ReturnType<typeof startNginx<Entry>>>;
const workers = {} as Record<Name, Backend>;
/** They are closed after each test. */
const sockets = new Set<WebSocket>();
let ada: User;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "gatehouse-workers-"));
  [database, nginx] = await Promise.all([
    startPlainDatabase(),
    startNginx<Entry>(["both", ...names]),
    ensureVenv(),
  ]);
  env = testEnv({ TASKS_DATABASE_URL: `${database.url}&application_name=fastapi` });
  await migrateBackend(env);
  await Promise.all(names.map(async (name) => startWorker(name, await freePort())));
  const [first, second] = names.map((name) => workers[name].url) as [string, string];
  await nginx.route({ both: [first, second], first: [first], second: [second] });
});
afterAll(async () => {
  await Promise.all(Object.values(workers).map((worker) => worker.stop()));
  await nginx?.stop();
  await database?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  ada = await createUser();
});
afterEach(() => {
  for (const socket of sockets) socket.terminate();
  sockets.clear();
});

async function startWorker(name: Name, port: number): Promise<void> {
  workers[name] = await startBackend({ port, env, logDir: path.join(folder, name) });
}

const portOf = (name: Name) => Number(new URL(workers[name].url).port);

/** Ends the worker as in a power failure. */
async function kill(name: Name): Promise<void> {
  process.kill(-workers[name].pid, "SIGKILL");
  await workers[name].exited;
}

interface User {
  readonly id: string;
  readonly headers: Record<string, string>;
}

/** A user with a token like the gate's. */
async function createUser(): Promise<User> {
  const id = randomUUID();
  const identity = identityOf({ id, email: "ada@example.com", name: "Ada" }, { id: randomUUID() });
  const { jwt } = await mint(identity, { issuedAt: Date.now() });
  return { id, headers: { authorization: `Bearer ${jwt}`, "content-type": "application/json" } };
}

function call(entry: Entry, method: string, subPath = "", body?: object, requestId = ""): Promise<Response> {
  return fetch(`${nginx.origin(entry)}/api/tasks${subPath}`, {
    method,
    headers: { ...ada.headers, "x-request-id": requestId },
    ...(body && { body: JSON.stringify(body) }),
  });
}

const add = (entry: Entry, title: string) => call(entry, "POST", "", { title });

async function openLive(entry: Entry, requestId = ""): Promise<LiveTasks> {
  const headers = { ...ada.headers, "x-request-id": requestId };
  const live = await openLiveTasks(nginx.origin(entry), "/api/tasks/live", { headers });
  sockets.add(live.socket);
  return live;
}

/** The workers whose log has this request. */
const handlersOf = (requestId: string) =>
  names.filter((name) => readFileSync(path.join(folder, name, "fastapi.log"), "utf8").includes(requestId));

async function runSql(text: string, values: unknown[] = []) {
  const client = new Client(readClientConfig(database.url));
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** The connections of the workers whose last statement begins like this. */
const connections = (statement: string) =>
  runSql(
    "select wait_event_type from pg_stat_activity where application_name = 'fastapi' and query like $1",
    [`${statement}%`],
  );

describe("two workers of FastAPI on one Postgres", () => {
  it("send each change to the sockets of both, whichever has saved it", async () => {
    const ids = { socket: randomUUID(), post: randomUUID(), patch: randomUUID() };
    const [live, other] = [await openLive("first", ids.socket), await openLive("second")];
    expect([await live.receive(), await other.receive()]).toEqual([firstPage(), firstPage()]);

    const saved = await (await call("second", "POST", "", { title: "shared" }, ids.post)).json();
    for (const each of [live, other]) expect(await each.receive()).toEqual({ kind: "saved", task: saved });
    const changed = await call("first", "PATCH", `/${saved.id}`, { done: true }, ids.patch);
    const task = await changed.json();
    for (const each of [live, other]) expect(await each.receive()).toEqual({ kind: "saved", task });
    expect((await call("second", "DELETE", `/${saved.id}`)).status).toBe(204);
    for (const each of [live, other]) expect(await each.receive()).toEqual({ kind: "deleted", id: saved.id });

    expect(Object.values(ids).map(handlersOf)).toEqual([["first"], ["second"], ["first"]]);
    expect(workers.first.pid).not.toBe(workers.second.pid);
  });

  it("accept together no more tasks of a user than one worker does", async () => {
    await runSql(
      `insert into tasks.task (id, user_id, title, done, created_at)
       select gen_random_uuid(), $1, 'Task ' || n, false, now() from generate_series(1, 995) n`,
      [ada.id],
    );
    const ids = Array.from({ length: 20 }, () => randomUUID());
    const responses = await Promise.all(ids.map((id) => call("both", "POST", "", { title: "more" }, id)));
    expect(responses.map(({ status }) => status).sort()).toEqual([
      ...Array<number>(5).fill(201),
      ...Array<number>(15).fill(409),
    ]);
    const refused = responses.find(({ status }) => status === 409);
    expect(await refused?.json()).toEqual({
      code: "too_many_tasks",
      detail: "You can have at most 1,000 tasks. Delete some of them first.",
    });
    // nginx gives the workers requests in turn.
    const handlers = ids.map(handlersOf);
    for (const name of names) expect(handlers.filter(([only]) => only === name)).toHaveLength(10);

    const [{ id }] = (await (await call("first", "GET", "?limit=1")).json()).items;
    expect((await call("first", "DELETE", `/${id}`)).status).toBe(204);
    expect((await add("second", "one more")).status).toBe(201);
    expect((await add("first", "too many")).status).toBe(409);
  });

  it("count the sockets of a user separately: 20 at each", async () => {
    for (let count = 0; count < 20; count++) await openLive("first");
    const refused = new WebSocket(`${nginx.origin("first").replace("http", "ws")}/api/tasks/live`, {
      headers: ada.headers,
    });
    const [, response] = await once(refused, "unexpected-response");
    expect([response.statusCode, response.headers["retry-after"]]).toEqual([429, "30"]);
    const other = await openLive("second");
    expect(await other.receive()).toEqual(firstPage());
  });

  it("listen for changes on one connection each, and only while there are sockets", async () => {
    await Promise.all([...names, ...names].map(async (name) => (await openLive(name)).receive()));
    expect(await connections("LISTEN")).toHaveLength(2);
    for (const socket of sockets) socket.terminate();
    await expect.poll(() => connections("LISTEN")).toEqual([]);
  });
});

describe("a worker that is killed", () => {
  it("closes its own sockets, disturbs no request to the other one, and continues after a restart", async () => {
    const [lost, kept] = [await openLive("first"), await openLive("second")];
    await Promise.all([lost.receive(), kept.receive()]);
    const closed = once(lost.socket, "close");
    const port = portOf("first");
    await kill("first");
    expect((await closed)[0]).toBe(1006);
    try {
      for (const title of ["a", "b", "c"]) {
        const response = await add("both", title);
        expect(response.status).toBe(201);
        expect(await kept.receive()).toEqual({ kind: "saved", task: await response.json() });
      }
      // A page that connects again reaches the other worker.
      const again = await openLive("both");
      expect(await again.receive()).toMatchObject({
        items: [{ title: "c" }, { title: "b" }, { title: "a" }],
      });
    } finally {
      await startWorker("first", port);
    }
    const restarted = await openLive("first");
    expect(await restarted.receive()).toMatchObject({ to_do: 3 });
    for (const name of names) {
      const task = await (await add(name, "after the restart")).json();
      for (const each of [restarted, kept]) expect(await each.receive()).toEqual({ kind: "saved", task });
    }
  });

  it("in the middle of a write leaves no part of it, and no lock that stops the user's next write", async () => {
    const holder = new Client(readClientConfig(database.url));
    await holder.connect();
    await holder.query("begin; lock table tasks.task in share mode");
    const port = portOf("first");
    const write = add("first", "lost").catch(() => undefined);
    await expect.poll(() => connections("INSERT")).toEqual([{ wait_event_type: "Lock" }]);
    await kill("first");
    const response = add("second", "kept");
    await holder.query("commit");
    await holder.end();
    expect((await response).status).toBe(201);
    expect((await write)?.status).toBe(502);
    expect(await (await call("second", "GET")).json()).toMatchObject({
      items: [{ title: "kept" }],
      to_do: 1,
    });
    await startWorker("first", port);
  });
});

describe("while Postgres restarts", () => {
  it("requests get 503 and no socket closes; afterwards both workers send each change again", async () => {
    const lives = [await openLive("first"), await openLive("second")];
    for (const live of lives) expect(await live.receive()).toEqual(firstPage());
    let isRestarted = false;
    const restart = database.restart().finally(() => {
      isRestarted = true;
    });
    const refusals = new Set<string>();
    while (!isRestarted) {
      const response = await call("both", "GET");
      if (response.status !== 200) refusals.add(`${response.status} ${(await response.json()).code}`);
      await sleep(20);
    }
    await restart;
    expect([...refusals]).toEqual(["503 database_unavailable"]);
    // Each worker connects again, and sends the current list.
    for (const live of lives) expect(await live.receive()).toEqual(firstPage());
    for (const name of names) {
      const task = await (await add(name, "after the restart")).json();
      for (const live of lives) expect(await live.receive()).toEqual({ kind: "saved", task });
    }
    expect(lives.map(({ socket }) => socket.readyState)).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
  });
});
