import { neonConfig } from "@neondatabase/serverless";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createAttemptCounter } from "../../lib/server/auth/attempt-counter";
import { createQuery } from "../../lib/server/auth/database";
import { databases } from "../fixtures/databases";

/**
 * The attempt counter on a real database, with the app's own driver. A Postgres with many
 * connections runs statements concurrently.
 */

describe.each(databases)("on %s", (_, open) => {
  let database: Awaited<ReturnType<typeof open>>;
  let sql: Client;
  let instances: ReturnType<typeof createAttemptCounter>[];

  beforeAll(async () => {
    database = await open();
    const { url, env } = database;
    instances = Array.from({ length: 12 }, () => createAttemptCounter(createQuery(env)));
    // Over Neon's protocol without the app's timeout of 5 seconds for a statement, so that the
    // result does not depend on how busy the machine is.
    neonConfig.fetchFunction = fetch;
    sql = new Client({ connectionString: url });
    await sql.connect();
  });
  afterAll(async () => {
    await sql?.end();
    await database?.close();
  });
  beforeEach(async () => {
    await sql.query(`delete from "rateLimit"`);
  });

  /** Makes this number of attempts at once. The instances take turns. */
  const atOnce = (times: number, key: string, max: number) =>
    Promise.all(
      Array.from({ length: times }, (_, turn) => instances[turn % 12]?.count(key, max) ?? Promise.reject()),
    );
  const allowed = (attempts: readonly { allowed: boolean }[]) =>
    attempts.filter((attempt) => attempt.allowed).length;
  const pass = (seconds: number) =>
    sql.query(`update "rateLimit" set "lastRequest" = "lastRequest" - $1::bigint`, [seconds * 1000]);

  it("12 instances together allow exactly the maximum number of attempts", async () => {
    expect(allowed(await atOnce(60, "key", 20))).toBe(20);
    expect(allowed(await atOnce(24, "key", 20))).toBe(0);
  });

  it("12 instances together allow exactly the maximum right after a window has ended", async () => {
    await atOnce(30, "key", 20);
    await pass(61);
    expect(allowed(await atOnce(60, "key", 20))).toBe(20);
  });

  it("a window ends 60 seconds after its first attempt, however many follow", async () => {
    const [counter] = instances;
    const first = await counter?.count("key", 20);
    await pass(40);
    const later = await counter?.count("key", 20);
    expect(first?.retryAfter).toBe(60);
    expect(later?.retryAfter).toBeGreaterThanOrEqual(10);
    expect(later?.retryAfter).toBeLessThanOrEqual(20);
    await pass(21);
    expect((await counter?.count("key", 1))?.allowed).toBe(true);
  });

  it("an attempt is taken back only from its own window", async () => {
    const [counter] = instances;
    if (!counter) throw new Error("no instance");
    const first = await counter.count("key", 1);
    await counter.takeBack(first);
    expect((await counter.count("key", 1)).allowed).toBe(true);
    await pass(61);
    expect((await counter.count("key", 1)).allowed).toBe(true);
    await counter.takeBack(first);
    expect((await counter.count("key", 1)).allowed).toBe(false);
  });

  it("one of 60 simultaneous claims of a key succeeds, and it expires unless it is kept", async () => {
    const claims = () =>
      Promise.all(Array.from({ length: 60 }, (_, turn) => instances[turn % 12]?.claim("link", 30)));
    expect((await claims()).filter(Boolean)).toHaveLength(1);
    await pass(31);
    expect((await claims()).filter(Boolean)).toHaveLength(1);
    await instances[0]?.keep("link", 3600.5);
    await pass(31);
    expect((await claims()).filter(Boolean)).toHaveLength(0);
    await instances[0]?.release("link");
    expect((await claims()).filter(Boolean)).toHaveLength(1);
  });

  it("ended windows are deleted while attempts are counted in parallel", async () => {
    await Promise.all(
      Array.from({ length: 150 }, (_, turn) => instances[turn % 12]?.count(`old-${turn}`, 1)),
    );
    await pass(61);
    await Promise.all(Array.from({ length: 24 }, (_, turn) => instances[turn % 12]?.count(`new-${turn}`, 1)));
    const { rows } = await sql.query(`select key from "rateLimit" where key like 'old-%'`);
    expect(rows).toEqual([]);
  });

  it("counting rejects if the database refuses", async () => {
    await sql.query(`alter table "rateLimit" rename to elsewhere`);
    try {
      await expect(instances[0]?.count("key", 1)).rejects.toThrow(/rateLimit/);
    } finally {
      await sql.query(`alter table elsewhere rename to "rateLimit"`);
    }
  });
});
