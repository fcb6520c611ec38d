import { spawnSync } from "node:child_process";
import { Client } from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseEnv } from "../../lib/env";
import { ensureVenv } from "../../scripts/stack/backend";
import { startEmbeddedPostgres } from "../../scripts/stack/embedded-postgres";
import { migrate } from "../../scripts/stack/migrate";
import { startNeonEndpoint } from "../../scripts/stack/neon-endpoint";
import { findPostgres, startPlainPostgres } from "../../scripts/stack/plain-postgres";
import { testEnv } from "../../scripts/stack/test-stack";

async function open() {
  const postgres = await startEmbeddedPostgres();
  const endpoint = await startNeonEndpoint({ databaseUrl: postgres.url });
  onTestFinished(async () => {
    await endpoint.close();
    await postgres.close();
  });
  const env = parseEnv(testEnv({ DATABASE_URL: postgres.url, NEON_ENDPOINT: endpoint.url }));
  return { url: postgres.url, env };
}

/** Runs `npm run migrate` with these variables only. */
function runMigrate(variables: Record<string, string>) {
  const { PATH = "", HOME = "" } = process.env;
  const env = { PATH, HOME, ...variables } as unknown as NodeJS.ProcessEnv;
  return spawnSync(process.execPath, ["scripts/run.mjs", "migrate"], { env, encoding: "utf8" });
}

it("a migration creates the tables once", async () => {
  const { env } = await open();
  expect(await migrate(env)).toContain("table session");
  expect(await migrate(env)).toEqual([]);
});

it("a migration without the right to create tables fails with the right to grant", async () => {
  const { url, env } = await open();
  const client = new Client(url);
  await client.connect();
  await client.query("create role reader login; revoke create on schema public from public");
  await client.query("alter schema public owner to pg_database_owner");
  await client.query("set session authorization reader");
  await client.end();
  await expect(migrate(env)).rejects.toThrow(/The tables cannot be created: permission denied.*GRANT CREATE/);
});

it.each([
  ["nonsense", "DATABASE_URL: is not a connection string"],
  ["postgresql://u:p@host", "DATABASE_URL: names no database"],
])(
  "npm run migrate with DATABASE_URL=%s explains what is wrong, without a stack trace",
  (DATABASE_URL, words) => {
    const run = runMigrate({ DATABASE_URL });
    expect(run.stderr).toContain(words);
    expect(run.stderr).not.toMatch(/^ +at /m);
    expect(run.status).toBe(1);
  },
);

it("a migration completes a statement that takes longer than the app's limit of 5 seconds", async () => {
  const { url } = await openPlain();
  const env = parseEnv(testEnv({ DATABASE_URL: url }));
  await migrate(env);
  await runSql(url, `drop index "deviceCode_userCode_uidx"`);
  const holder = runSql(
    url,
    `begin; lock table "deviceCode" in access exclusive mode; select pg_sleep(7); commit`,
  );
  // The catalog can be read meanwhile, so only the creation of the index waits.
  await expect
    .poll(() => runSql(url, `select 1 from pg_locks where mode = 'AccessExclusiveLock' and granted`))
    .not.toEqual([]);
  expect(await migrate(env)).toEqual(["index deviceCode_userCode_uidx"]);
  await holder;
});

describe("npm run migrate on one Postgres for the app and for FastAPI", () => {
  it("creates the tables of both in schemas of their own, and changes nothing when it is repeated", async () => {
    const { url } = await openPlain();
    // The role of docs/self-hosting.md.
    await runSql(url, "create user api; grant create on database postgres to api");
    const apiUrl = url.replace("//postgres:", "//api:");
    // Tables with names of the other side. Neither side may look at them.
    await runSql(apiUrl, "create schema tasks; create table tasks.session (mine int)");
    await runSql(url, "create table public.task (mine int)");
    const variables = { DATABASE_URL: url, TASKS_DATABASE_URL: apiUrl };
    const first = runMigrate(variables);
    expect([first.status, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toContain("+ table session");
    const before = await describeTables(url);
    expect(before).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ schema: "public", table: "session", column: "token" }),
        expect.objectContaining({ schema: "tasks", table: "task", column: "title" }),
      ]),
    );
    expect(before.filter(({ column }) => column === "mine")).toHaveLength(2);

    const second = runMigrate(variables);
    expect(second.status).toBe(0);
    expect(second.stdout).toContain("No changes: the database has all tables.");
    expect(await describeTables(url)).toEqual(before);

    await expect(runSql(apiUrl, "select token from public.session")).rejects.toThrow("permission denied");
    await runSql(apiUrl, "drop table tasks.session");
    const check = spawnSync(await ensureVenv(), ["-m", "alembic", "check"], {
      ...{ cwd: "backend", encoding: "utf8" },
      env: { ...process.env, TASKS_DATABASE_URL: apiUrl },
    });
    expect(check.stdout).toContain("No new upgrade operations detected.");
  });
});

async function openPlain() {
  const installed = findPostgres();
  if (!installed) throw new Error("this test needs PostgreSQL (Debian: apt-get install postgresql)");
  const postgres = await startPlainPostgres(installed);
  onTestFinished(postgres.close);
  return postgres;
}

async function runSql(url: string, text: string) {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** Each column and each index. A table that was dropped and created again has another oid. */
function describeTables(url: string): Promise<Record<string, unknown>[]> {
  return runSql(
    url,
    `select n.nspname as schema, c.relname as table, c.relkind, c.oid, a.attname as column, a.atttypid,
       a.attnotnull, pg_get_indexdef(c.oid) as index
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
     where n.nspname in ('public', 'tasks') and a.attnum > 0
     order by c.oid, a.attnum`,
  );
}
