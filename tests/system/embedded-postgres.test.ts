import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { Client, Pool } from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freePort, listen } from "../../scripts/lib/ports";
import { startEmbeddedPostgres } from "../../scripts/stack/embedded-postgres";

async function query(url: string, sql: string) {
  const client = new Client(url);
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows;
}

describe("the embedded database", () => {
  let folder: string;
  let dataDir: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "gatehouse-"));
    dataDir = path.join(folder, "data/postgres");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("keeps its data until the next start", async () => {
    const today = await startEmbeddedPostgres({ dataDir });
    await query(today.url, "create table note as select 'kept' as body");
    await today.close();
    const tomorrow = await startEmbeddedPostgres({ dataDir });
    expect(await query(tomorrow.url, "select body from note")).toEqual([{ body: "kept" }]);
    await tomorrow.close();
  });

  test("opens for one process at a time, and names the process that uses it", async () => {
    const first = await startEmbeddedPostgres({ dataDir });
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(`is in use by process ${process.pid}`);
    expect(await query(first.url, "select 1 as one")).toEqual([{ one: 1 }]);
    await first.close();
  });

  test.each([
    ["is gone", async () => JSON.stringify({ pid: 2 ** 22 + 1, port: await freePort() })],
    [
      "has its id reused by another",
      async () => JSON.stringify({ pid: process.pid, port: await freePort() }),
    ],
    ["was interrupted while it wrote", async () => ""],
  ])("opens over the lock of a process that %s", async (_how, lock) => {
    mkdirSync(path.dirname(dataDir), { recursive: true });
    writeFileSync(`${dataDir}.lock`, await lock());
    await (await startEmbeddedPostgres({ dataDir })).close();
  });

  test("opens after a first start that was interrupted", async () => {
    mkdirSync(`${dataDir}.new/base`, { recursive: true });
    writeFileSync(`${dataDir}.new/PG_VERSION`, "18\n");
    await (await startEmbeddedPostgres({ dataDir })).close();
  });

  test("explains what to do when the data cannot be read", async () => {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(path.join(dataDir, "PG_VERSION"), "12\n");
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(
      /cannot be opened.*move that folder away/,
    );
  });

  test("gives each connection its own results, also when requests arrive a few bytes at a time", async () => {
    const postgres = await startEmbeddedPostgres();
    const line = createServer((socket) => dripInto(socket, connect(Number(new URL(postgres.url).port))));
    const url = new URL(postgres.url);
    url.port = String(await listen(line));

    const pool = new Pool({ connectionString: url.href, max: 8 });
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, i) => pool.query(`select $1::text as result${i}`, [`to ${i}`])),
    );
    expect(results.map(({ rows }) => rows)).toEqual(
      Array.from({ length: 40 }, (_, i) => [{ [`result${i}`]: `to ${i}` }]),
    );
    await pool.end();
    line.close();
    await postgres.close();
  });

  test("lets one connection read in portions while another one queries", async () => {
    const postgres = await startEmbeddedPostgres();
    const pool = new Pool({ connectionString: postgres.url });
    // With `rows`, pg fetches this number of rows at a time, with a Flush and no Sync in between.
    const inPortions = { text: "select generate_series(1, $1::int) as n", values: [7], rows: 2 };
    const [portions, others] = await Promise.all([
      pool.query(inPortions),
      Promise.all(Array.from({ length: 7 }, (_, i) => pool.query("select $1::int as n", [i]))),
    ]);
    expect(portions.rows).toHaveLength(7);
    expect(others.map(({ rows }) => rows[0].n)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    await pool.end();
    await postgres.close();
  });
});

/** Connects two sockets. The data of the first is forwarded seven bytes at a time. */
async function dripInto(from: Socket, to: Socket): Promise<void> {
  to.setNoDelay(true).pipe(from);
  for await (const chunk of from) {
    for (let start = 0; start < chunk.length; start += 7) {
      to.write(chunk.subarray(start, start + 7));
      await turn();
    }
  }
  to.end();
}
