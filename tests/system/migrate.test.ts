import { spawnSync } from "node:child_process";
import { Client } from "pg";
import { expect, it, onTestFinished } from "vitest";
import { parseEnv } from "../../lib/env";
import { startEmbeddedPostgres } from "../../scripts/stack/embedded-postgres";
import { migrate } from "../../scripts/stack/migrate";
import { startNeonEndpoint } from "../../scripts/stack/neon-endpoint";
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
    const { PATH = "", HOME = "" } = process.env;
    const env = { PATH, HOME, DATABASE_URL } as unknown as NodeJS.ProcessEnv;
    const run = spawnSync(process.execPath, ["scripts/run.mjs", "migrate"], { env, encoding: "utf8" });
    expect(run.stderr).toContain(words);
    expect(run.stderr).not.toMatch(/^ +at /m);
    expect(run.status).toBe(1);
  },
);
