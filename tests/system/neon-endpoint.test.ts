import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, NeonDbError, neon, neonConfig, Pool } from "@neondatabase/serverless";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { listen } from "../../scripts/lib/ports";
import { startEmbeddedPostgres } from "../../scripts/stack/embedded-postgres";
import { type NeonEndpoint, startNeonEndpoint } from "../../scripts/stack/neon-endpoint";
import { findPostgres, startPlainPostgres } from "../../scripts/stack/plain-postgres";

interface Database {
  url: string;
  close(): Promise<void>;
}

const installed = findPostgres();
const databases: [string, () => Promise<Database>][] = [["PGlite", () => startEmbeddedPostgres()]];
if (installed) databases.push(["a plain Postgres", () => startPlainPostgres(installed)]);

/** Configures the driver for a local endpoint, as `lib/server/auth/neon-dialect.ts` does. */
function pointDriverAt({ url }: NeonEndpoint): void {
  neonConfig.fetchEndpoint = `${url}/sql`;
  neonConfig.wsProxy = `${new URL(url).host}/v2`;
  neonConfig.useSecureWebSocket = false;
  neonConfig.pipelineTLS = false;
  neonConfig.pipelineConnect = false;
  neonConfig.webSocketConstructor = WebSocket;
}

async function neonError(promise: Promise<unknown>): Promise<NeonDbError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NeonDbError);
  return error as NeonDbError;
}

describe.each(databases)("the Neon driver on %s", (_name, start) => {
  let database: Database;
  let endpoint: NeonEndpoint;
  let sql: ReturnType<typeof neon<false, false>>;

  beforeAll(async () => {
    database = await start();
    endpoint = await startNeonEndpoint({ databaseUrl: database.url });
    pointDriverAt(endpoint);
    sql = neon(database.url);
  }, 60_000);

  afterAll(async () => {
    await endpoint?.close();
    await database?.close();
  });

  beforeEach(async () => {
    await sql`drop table if exists note`;
    await sql`create table note (id int primary key, body text not null)`;
  });

  const bodies = async () => (await sql`select body from note order by id`).map((row) => row.body);

  describe("a query over HTTP", () => {
    test("returns values in the types of Neon", async () => {
      const when = new Date("2026-11-23T10:20:30.456Z");
      const [row] = await sql`select ${1}::int as n, ${"é' \\"}::text as t, ${null}::text as nothing,
        ${true}::bool as yes, ${when}::timestamptz as at, ${{ a: [1, null] }}::jsonb as j,
        ${["a", "b,c"]}::text[] as list, ${Buffer.from([0, 255])} as bytes, 9007199254740993::bigint as big`;
      expect(row).toEqual({
        n: 1,
        t: "é' \\",
        nothing: null,
        yes: true,
        at: when,
        j: { a: [1, null] },
        list: ["a", "b,c"],
        bytes: Buffer.from([0, 255]),
        big: "9007199254740993",
      });
    });

    test("returns the command and the row count in the full result", async () => {
      const query = "insert into note values ($1, $2), (2, 'two') returning id";
      const result = await sql.query(query, [1, "one"], { fullResults: true, arrayMode: true });
      expect(result).toMatchObject({ command: "INSERT", rowCount: 2, rows: [[1], [2]] });
      expect(result.fields).toMatchObject([{ name: "id", dataTypeID: 23 }]);
    });

    test("fails with Postgres's code, detail and constraint", async () => {
      await sql`insert into note values (1, 'one')`;
      expect(await neonError(sql`insert into note values (1, 'again')`)).toMatchObject({
        message: expect.stringContaining("duplicate key value"),
        code: "23505",
        severity: "ERROR",
        detail: "Key (id)=(1) already exists.",
        constraint: "note_pkey",
        table: "note",
        schema: "public",
      });
    });

    test("accepts only one statement", async () => {
      expect(await neonError(sql.query("select 1; select 2"))).toMatchObject({ code: "42601" });
    });

    test("leaves no transaction open", async () => {
      await sql`begin`;
      await Promise.all([1, 2, 3].map((id) => sql`insert into note values (${id}, 'kept')`));
      expect(await bodies()).toEqual(["kept", "kept", "kept"]);
    });
  });

  describe("a batch over HTTP", () => {
    test("returns the results in the order of the queries", async () => {
      const results = await sql.transaction([
        sql`insert into note values (1, 'one')`,
        sql`select body from note`,
        sql`select 7 as seven`,
      ]);
      expect(results).toEqual([[], [{ body: "one" }], [{ seven: 7 }]]);
    });

    test("applies all queries or none", async () => {
      const batch = sql.transaction([
        sql`insert into note values (1, 'one')`,
        sql`insert into note values (2, null)`,
      ]);
      expect(await neonError(batch)).toMatchObject({ code: "23502", column: "body" });
      expect(await bodies()).toEqual([]);
    });

    test("refuses to write in read-only mode", async () => {
      const batch = sql.transaction([sql`insert into note values (1, 'one')`], { readOnly: true });
      expect(await neonError(batch)).toMatchObject({ code: "25006" });
    });

    test.each([
      ["ReadUncommitted", "read uncommitted"],
      ["ReadCommitted", "read committed"],
      ["RepeatableRead", "repeatable read"],
      ["Serializable", "serializable"],
    ] as const)("runs at the isolation level %s", async (isolationLevel, name) => {
      const results = await sql.transaction(
        [sql`show transaction_isolation`, sql`show transaction_deferrable`],
        { isolationLevel, readOnly: true, deferrable: true },
      );
      expect(results).toEqual([[{ transaction_isolation: name }], [{ transaction_deferrable: "on" }]]);
    });
  });

  describe("a transaction over the WebSocket", () => {
    let pool: Pool;

    beforeAll(() => {
      pool = new Pool({ connectionString: database.url });
    });
    afterAll(() => pool.end());

    test("is kept on COMMIT and undone on ROLLBACK", async () => {
      const client = await pool.connect();
      for (const [id, end] of [
        [1, "rollback"],
        [2, "commit"],
      ] as const) {
        await client.query("begin");
        await client.query("insert into note values ($1, $2)", [id, end]);
        await client.query(end);
      }
      client.release();
      expect(await bodies()).toEqual(["commit"]);
    });

    test("fails with Postgres's code, and can continue from a savepoint", async () => {
      const client = await pool.connect();
      await client.query("begin; savepoint before");
      await expect(client.query("insert into note values (1, $1)", [null])).rejects.toMatchObject({
        code: "23502",
      });
      await client.query("rollback to before");
      await client.query("insert into note values (1, 'after')");
      await client.query("commit");
      client.release();
      expect(await bodies()).toEqual(["after"]);
    });

    test("is not mixed with 50 statements that arrive meanwhile", async () => {
      const client = await pool.connect();
      await client.query("begin");
      await client.query("insert into note values (0, 'in the transaction')");
      const others = Array.from({ length: 50 }, async (_, i) => {
        // Two kinds of result, and one error, so that the test notices if results are mixed up.
        if (i % 3 === 0)
          return (await sql`insert into note values (${i + 1}, ${`n${i}`}) returning body`)[0]?.body;
        if (i % 3 === 1) return (await sql`select ${`n${i}`}::text as body, ${i}::int`)[0]?.body;
        return (await neonError(sql`select ${`n${i}`}::text, 1 / (${i}::int - ${i}::int)`)).code;
      });
      await sleep(200);
      await client.query("insert into note values (100, 'also in the transaction')");
      await client.query("rollback");
      client.release();

      expect(await Promise.all(others)).toEqual(
        Array.from({ length: 50 }, (_, i) => (i % 3 === 2 ? "22012" : `n${i}`)),
      );
      expect(await bodies()).toEqual(Array.from({ length: 17 }, (_, i) => `n${3 * i}`));
    });

    test("is rolled back when its connection breaks, and does not block others", async () => {
      const client = new Client(database.url);
      client.on("error", () => {});
      await client.connect();
      await client.query("begin");
      await client.query("insert into note values (1, 'lost')");
      const waiting = sql`insert into note values (2, 'kept')`;
      (client.neonConfig as unknown as { ws: WebSocket }).ws.terminate();
      await waiting;
      expect(await bodies()).toEqual(["kept"]);
    });
  });

  test("refuses web pages, over HTTP and WebSocket", async () => {
    const origin = "https://evil.example";
    const body = JSON.stringify({ query: "select 1", params: [] });
    expect(await fetch(`${endpoint.url}/sql`, { method: "POST", body, headers: { origin } })).toMatchObject({
      status: 403,
    });
    const webSocket = new WebSocket(`${endpoint.url.replace("http", "ws")}/v2`, { origin });
    const [error] = await once(webSocket, "error");
    expect(error.message).toContain("401");
  });

  describe("when Postgres goes away", () => {
    let wire: Wire;
    let cutEndpoint: NeonEndpoint;

    beforeAll(async () => {
      wire = await startWire(Number(new URL(database.url).port));
      const url = new URL(database.url);
      url.port = String(wire.port);
      cutEndpoint = await startNeonEndpoint({ databaseUrl: url.href });
      pointDriverAt(cutEndpoint);
    });
    afterAll(async () => {
      pointDriverAt(endpoint);
      await cutEndpoint.close();
      await wire.cut();
    });

    test.each<[string, (wire: Wire) => Promise<void>]>([
      ["refuses connections", (wire) => wire.cut()],
      ["accepts connections and sends nothing", (wire) => wire.hang()],
    ])("and %s, the driver gets an error within seconds, and works again afterwards", async (_how, cut) => {
      const unreachable = /status 503.*Postgres does not respond/;
      await Promise.all([sql`select 1`, sql`select 1`]);
      await cut(wire);

      // One connection breaks during a query, the other while it is idle. Then none is left.
      const started = Date.now();
      expect((await neonError(sql`select 1`)).message).toMatch(unreachable);
      await sleep(50);
      expect((await neonError(sql`select 1`)).message).toMatch(unreachable);
      const client = new Client(database.url);
      client.on("error", () => {});
      await expect(client.connect()).rejects.toThrow();
      expect(Date.now() - started).toBeLessThan(20_000);

      await wire.recover();
      expect(await sql`select 2 as two`).toEqual([{ two: 2 }]);
      const again = new Client(database.url);
      await again.connect();
      await again.end();
    });
  });
});

/** A TCP connection to Postgres that can be cut, paused and restored. */
interface Wire {
  port: number;
  cut(): Promise<void>;
  hang(): Promise<void>;
  recover(): Promise<void>;
}

async function startWire(target: number): Promise<Wire> {
  const sockets = new Set<Socket>();
  let server: Server;
  let dead = false;

  const open = async (port?: number) => {
    server = createServer((socket) => {
      sockets.add(socket.on("error", () => {}));
      if (dead) return;
      const upstream = connect(target, "127.0.0.1").on("error", () => {});
      sockets.add(upstream);
      socket.pipe(upstream).pipe(socket);
    });
    return listen(server, port);
  };
  const port = await open();

  const close = async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    if (!server.listening) return;
    server.close();
    await once(server, "close");
  };
  const reopen = async (asDead: boolean) => {
    await close();
    dead = asDead;
    await open(port);
  };
  return { port, cut: close, hang: () => reopen(true), recover: () => reopen(false) };
}
