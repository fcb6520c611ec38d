import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createStore, type SessionStore } from "../../edge/session/store";
import { sessionLifetime } from "../../lib/auth/session-lifetime";
import { sessionToken, signSessionToken } from "../../scripts/stack/signing";
import { databases } from "../fixtures/databases";
import { openGateDatabase } from "../fixtures/gate-database";

/**
 * Lookups that extend a session while something else changes it. PGlite runs one transaction at a
 * time; a plain Postgres runs them at once, for a gate that uses the listener of its process.
 */

const NOW = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;
const EXTENDED = NOW + sessionLifetime.expiresIn * 1000;

describe.each(databases)("the gate's session store on %s", (_, open) => {
  let database: Awaited<ReturnType<typeof open>>;
  let gateDatabase: Awaited<ReturnType<typeof openGateDatabase>>;
  let sql: Client;
  let other: Client;
  let isolates: SessionStore[];
  let header: string;

  beforeAll(async () => {
    database = await open();
    const { url, env } = database;
    gateDatabase = await openGateDatabase(env);
    // Without a timeout, so that the result does not depend on how busy the machine is.
    const effects = { fetch, now: () => NOW, startTimer: () => () => {} };
    isolates = Array.from({ length: 12 }, () => createStore({ ...env, ...gateDatabase }, effects));
    header = `better-auth.session_token=${await signSessionToken("raced")}`;
    [sql, other] = [new Client(url), new Client(url)];
    await Promise.all([sql.connect(), other.connect()]);
    await sql.query(
      `insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
       values ('user-1', 'Ada', 'ada@example.com', true, now(), now())`,
    );
  });
  afterAll(async () => {
    await Promise.all([sql?.end(), other?.end()]);
    await gateDatabase?.close();
    await database?.close();
  });
  beforeEach(async () => {
    await sql.query("delete from session");
    await sql.query(
      `insert into session (id, token, "userId", "expiresAt", "createdAt", "updatedAt")
       values ('session-1', $1, 'user-1', $2, now(), now())`,
      [sessionToken("raced"), new Date(NOW + DAY)],
    );
  });

  const lookUp = (isolate = isolates[0]) => isolate?.(header, { extend: true });
  const expiries = async () =>
    (await sql.query(`select "expiresAt" from session`)).rows.map(({ expiresAt }) => expiresAt.getTime());

  /** Changes the session in a transaction that commits while a lookup waits for it. */
  async function during(change: string) {
    await other.query("begin");
    await other.query(change);
    const result = lookUp();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await other.query("commit");
    return result;
  }

  it("gives twelve simultaneous lookups of a session the same new expiry", async () => {
    const results = await Promise.all(isolates.map(lookUp));
    expect(results.map((result) => result?.session?.expiresAt)).toEqual(isolates.map(() => EXTENDED));
    expect(await expiries()).toEqual([EXTENDED]);
  });

  it("does not revive a session that ends during the lookup", async () => {
    const result = await during("delete from session");
    expect(result?.session).toBeNull();
    expect(result?.setCookies.join()).toContain("better-auth.session_token=; Max-Age=0");
    expect(await expiries()).toEqual([]);
  });

  it("extends a session whose deletion is rolled back during the lookup", async () => {
    await other.query("begin");
    await other.query("delete from session");
    await other.query(`delete from "user"`);
    const result = lookUp();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await other.query("rollback");
    // The deletion did not happen.
    expect((await result)?.session?.expiresAt).toBe(EXTENDED);
  });

  it("does not revive a session that is made to expire during the lookup", async () => {
    const result = await during(`update session set "expiresAt" = '${new Date(NOW - 1).toISOString()}'`);
    expect(result?.session).toBeNull();
    expect(await expiries()).not.toContain(EXTENDED);
  });

  it("finds a session active that another isolate extends during the lookup", async () => {
    const result = await during(`update session set "expiresAt" = '${new Date(EXTENDED - 5).toISOString()}'`);
    expect(result?.session?.expiresAt).toBeGreaterThanOrEqual(EXTENDED - 5);
    expect(await expiries()).toEqual([result?.session?.expiresAt]);
  });

  it("does not delete a session that is extended while it expires", async () => {
    await sql.query(`update session set "expiresAt" = $1`, [new Date(NOW - 1)]);
    await during(`update session set "expiresAt" = '${new Date(EXTENDED).toISOString()}'`);
    expect(await expiries()).toEqual([EXTENDED]);
  });

  it("does not extend a session for a call to the backend", async () => {
    const result = await isolates[0]?.(header, { extend: false });
    expect(result?.session?.expiresAt).toBe(NOW + DAY);
    expect(await expiries()).toEqual([NOW + DAY]);
  });
});
