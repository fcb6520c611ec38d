import { spawn } from "node:child_process";
import { once } from "node:events";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { parseEnv } from "../../lib/env";
import { startEmbeddedPostgres } from "../../scripts/stack/embedded-postgres";
import { migrate } from "../../scripts/stack/migrate";
import { startNeonEndpoint } from "../../scripts/stack/neon-endpoint";
import { findPostgres, startPlainPostgres } from "../../scripts/stack/plain-postgres";
import { type App, startApp, testEnv } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";

/** `npm run sessions -- prune` on a database with many rows, while users sign in. */

const EXPIRED = 30_000;
const CURRENT = 5_000;

let postgres: { url: string; close(): Promise<void> };
let endpoint: Awaited<ReturnType<typeof startNeonEndpoint>>;
let sql: Client;
let app: App;

beforeAll(async () => {
  const installed = findPostgres();
  postgres = await (installed ? startPlainPostgres(installed) : startEmbeddedPostgres());
  endpoint = await startNeonEndpoint({ databaseUrl: postgres.url });
  const env = { DATABASE_URL: postgres.url, NEON_ENDPOINT: endpoint.url };
  await migrate(parseEnv(testEnv(env)));
  sql = new Client(postgres.url);
  await sql.connect();
  await sql.query(`
    create table deletions (rows int);
    create function count_deletions() returns trigger language plpgsql as
      'begin insert into deletions select count(*) from gone; return null; end';
    create trigger count_deletions after delete on session referencing old table as gone
      for each statement execute function count_deletions();
    insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
      values ('ada', 'Ada', 'ada-of-the-rows@example.com', true, now(), now());`);
  app = await startApp({}, { url: postgres.url, env, stop: async () => {} });
});
afterAll(async () => {
  await app?.stop();
  await sql?.end();
  await endpoint?.close();
  await postgres?.close();
});
beforeEach(async () => {
  for (const table of TABLES) await sql.query(`delete from "${table}"`);
  await addRows("expired", EXPIRED, "-2 days");
  await addRows("recent", 10, "-1 hour");
  await addRows("current", CURRENT, "1 day");
  await sql.query("analyze; delete from deletions");
});

const TABLES = ["session", "verification", "deviceCode", "apiKey", "rateLimit"];

/** Adds rows to each table, in no order of time. `expires`: relative to now. */
async function addRows(name: string, count: number, expires: string): Promise<void> {
  const at = `now() + interval '${expires}'`;
  const from = `select md5(n || '${name}'), '${name}-' || n`;
  const rows = `from generate_series(1, ${count}) n`;
  await sql.query(`
    insert into session (id, token, "userId", "expiresAt", "createdAt", "updatedAt")
      ${from}, 'ada', ${at}, now(), now() ${rows};
    insert into verification (id, identifier, value, "expiresAt", "createdAt", "updatedAt")
      ${from}, 'x', ${at}, now(), now() ${rows};
    insert into "deviceCode" (id, "deviceCode", "userCode", "expiresAt", status)
      ${from}, 'code-${name}-' || n, ${at}, 'pending' ${rows};
    insert into "apiKey" (id, hash, name, start, scope, "userId", "createdAt", "expiresAt")
      ${from}, 'x', 'x', 'x', 'ada', now(), ${at} ${rows};
    insert into "rateLimit" (id, key, count, "lastRequest")
      ${from}, 1, (extract(epoch from ${at}) * 1000)::bigint ${rows};`);
}

/** The number of rows in each table. Rows that other users of the app have made do not count. */
async function countRows(): Promise<number[]> {
  const key: Record<string, string> = {
    session: "token",
    verification: "identifier",
    deviceCode: "deviceCode",
  };
  const counts: number[] = [];
  for (const table of TABLES) {
    const column = key[table] ?? (table === "apiKey" ? "hash" : "key");
    const { rows } = await sql.query(
      `select count(*)::int as count from "${table}" where "${column}" ~ '^(expired|recent|current)-'`,
    );
    counts.push(rows[0].count);
  }
  return counts;
}

function startPrune(...args: string[]) {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, ["scripts/run.mjs", "sessions", ...args], {
    env: { PATH, HOME, DATABASE_URL: postgres.url } as never,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  return { child, exited: once(child, "close").then(([code]) => ({ code, output })) };
}

const left = TABLES.map(() => CURRENT + 10);

it("prune deletes what expired more than a day ago, in batches, and prints what it deleted", async () => {
  const { code, output } = await startPrune("prune").exited;
  expect(output).toContain(`✓ session: 30,000 of 35,010 rows deleted`);
  expect(output).toContain("150,000 rows deleted.");
  expect(code).toBe(0);
  expect(await countRows()).toEqual(left);
  const { rows } = await sql.query("select max(rows) as most, sum(rows) as total from deletions");
  expect(Number(rows[0].total)).toBe(EXPIRED);
  expect(rows[0].most).toBeLessThanOrEqual(1_000);
  const again = await startPrune("prune").exited;
  expect(again.output).toContain("✓ session: 0 of 5,010 rows deleted");
  expect(again.code).toBe(0);
});

it("users sign in, work and sign out while prune runs, and none of their sessions ends", async () => {
  const members = await Promise.all(
    Array.from({ length: 4 }, async (_, n) => {
      const member = new Visitor(app.origin);
      await member.signUp(`prune-${n}@example.com`);
      return member;
    }),
  );
  const prune = startPrune("prune");
  let isRunning = true;
  const statuses: number[] = [];
  const traffic = members.map(async (member, n) => {
    while (isRunning) {
      // A lookup in the database, because the gate does not have the session in its memory.
      member.cookies.delete("better-auth.session_data");
      statuses.push((await member.fetch("/device")).status);
      if (n > 0) continue;
      const guest = new Visitor(app.origin);
      statuses.push((await guest.signIn("prune-0@example.com")).status);
      statuses.push((await guest.post("/api/auth/sign-out", {})).status);
    }
  });
  const { code, output } = await prune.exited;
  isRunning = false;
  await Promise.all(traffic);
  expect([code, output]).toEqual([0, expect.stringContaining("✓ session: 30,000 of ")]);
  expect(statuses.length).toBeGreaterThan(10);
  // 429: the limit of sign-ins to one account, which prune must not weaken.
  expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
  // The app itself deletes the ten counts that ended recently.
  const [attempts, ...others] = (await countRows()).reverse();
  expect(others).toEqual(left.slice(1));
  expect(attempts).toBeGreaterThanOrEqual(CURRENT);
});

it("prune skips a row that another transaction has locked, and can be interrupted and repeated", async () => {
  const holder = new Client(postgres.url);
  await holder.connect();
  await holder.query(`begin; select 1 from session where token = 'expired-7' for update`);
  const { child, exited } = startPrune("prune");
  await expect
    .poll(async () => Number((await sql.query("select count(*) from deletions")).rows[0].count), {
      interval: 5,
    })
    .toBeGreaterThan(2);
  child.kill("SIGINT");
  expect((await exited).code).toBe(130);
  const { code } = await startPrune("prune").exited;
  expect(code).toBe(0);
  expect((await countRows())[0]).toBe(CURRENT + 11);
  await holder.query("commit");
  await holder.end();
  expect((await startPrune("prune").exited).output).toContain("session: 1 of");
  expect(await countRows()).toEqual(left);
});

it("the command explains its usage, and a missing table", async () => {
  expect(await startPrune("purge").exited).toEqual({
    code: 1,
    output: expect.stringContaining("npm run sessions -- prune"),
  });
  await sql.query(`alter table "deviceCode" rename to elsewhere`);
  try {
    const { code, output } = await startPrune("prune").exited;
    expect([code, output]).toEqual([1, expect.stringContaining("npm run migrate")]);
  } finally {
    await sql.query(`alter table elsewhere rename to "deviceCode"`);
  }
});
