import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseEnv } from "../../lib/env";
import { linkTree } from "../../scripts/lib/link-tree";
import { root } from "../../scripts/lib/root";
import { startEmbeddedPostgres } from "../../scripts/stack/embedded-postgres";
import { migrate } from "../../scripts/stack/migrate";
import { startNeonEndpoint } from "../../scripts/stack/neon-endpoint";
import { testEnv } from "../../scripts/stack/test-stack";
import { copyProject } from "../fixtures/project-copy";

/** `npm run backup` and `npm run restore` in a copy of the project. */

// Inside of the project, so that it is on the same file system.
const folder = path.join(root, ".data/backup-test");
const elsewhere = mkdtempSync(path.join(tmpdir(), "gatehouse-backup-"));
const file = path.join(elsewhere, "backup.tar.gz");
const data = path.join(folder, ".data");
const sqlite = path.join(data, "tasks.sqlite");

beforeAll(async () => {
  copyProject(folder);
  linkTree(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  await withDatabase(async (sql, url) => {
    const endpoint = await startNeonEndpoint({ databaseUrl: url });
    await migrate(parseEnv(testEnv({ DATABASE_URL: url, NEON_ENDPOINT: endpoint.url })));
    await endpoint.close();
    await addUser(sql, "ada");
  });
  writeFileSync(sqlite, "the tasks of Ada");
});
afterAll(() => {
  for (const each of [folder, elsewhere]) rmSync(each, { recursive: true, force: true });
});

async function withDatabase<T>(work: (sql: Client, url: string) => Promise<T>): Promise<T> {
  const postgres = await startEmbeddedPostgres({ dataDir: path.join(data, "postgres") });
  const sql = new Client(postgres.url);
  await sql.connect();
  try {
    return await work(sql, postgres.url);
  } finally {
    await sql.end();
    await postgres.close();
  }
}

async function addUser(sql: Client, id: string): Promise<void> {
  await sql.query(
    `insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
     values ($1, $1, $1 || '@example.com', true, now(), now())`,
    [id],
  );
}

const readUsers = () =>
  withDatabase(async (sql) =>
    (await sql.query(`select id from "user" order by id`)).rows.map(({ id }) => id),
  );

function run(task: string, ...args: string[]): Promise<{ code: number; output: string }> {
  const { PATH = "", HOME = "" } = process.env;
  return new Promise((resolve) => {
    const env = { PATH, HOME } as never;
    const child = execFile(
      process.execPath,
      [path.join(folder, "scripts/run.mjs"), task, ...args],
      { env },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });
}

it("backup writes a file that only its user can read, and overwrites none", async () => {
  const { code, output } = await run("backup", file);
  expect([code, output]).toEqual([0, expect.stringContaining("Written to")]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(elsewhere)).toEqual(["backup.tar.gz"]);
  expect(readdirSync(data)).not.toContain("gatehouse-backup.json");
  expect(await run("backup", file)).toEqual({ code: 1, output: expect.stringContaining("exists already") });
});

describe("restore", () => {
  it("refuses to replace data unless the caller says it, and then keeps the replaced data", async () => {
    await withDatabase((sql) => addUser(sql, "grace"));
    writeFileSync(sqlite, "the tasks of Grace");
    expect(await run("restore", file)).toEqual({ code: 1, output: expect.stringContaining("--replace") });
    expect(await readUsers()).toEqual(["ada", "grace"]);

    const { code, output } = await run("restore", file, "--replace");
    expect([code, output]).toEqual([0, expect.stringContaining("Restored")]);
    expect(await readUsers()).toEqual(["ada"]);
    expect(readFileSync(sqlite, "utf8")).toBe("the tasks of Ada");
    const aside = readdirSync(data).filter((name) => name.startsWith("replaced-"));
    expect(aside).toHaveLength(1);
    expect(readFileSync(path.join(data, `${aside[0]}`, "tasks.sqlite"), "utf8")).toBe("the tasks of Grace");
  });

  it("restores into a folder without data", async () => {
    for (const part of ["postgres", "tasks.sqlite"]) {
      rmSync(path.join(data, part), { recursive: true });
    }
    expect((await run("restore", file)).code).toBe(0);
    expect(await readUsers()).toEqual(["ada"]);
  });

  it.each([
    ["that is no archive", /cannot be read/, () => writeFileSync(bad, "text")],
    ["that is cut off", /cannot be read/, () => writeFileSync(bad, readFileSync(file).subarray(0, 200_000))],
    ["without a list of files", /is not a backup/, () => repack((inner) => rmSync(path.join(inner, LIST)))],
    [
      "with a changed file",
      /is damaged: tasks\.sqlite/,
      () => repack((inner) => writeFileSync(path.join(inner, "tasks.sqlite"), "other tasks")),
    ],
    [
      "of another version of Postgres",
      /from Postgres 9, and the installed PGlite is Postgres \d+/,
      () =>
        repack((inner) => {
          const list = JSON.parse(readFileSync(path.join(inner, LIST), "utf8"));
          writeFileSync(path.join(inner, LIST), JSON.stringify({ ...list, postgres: "9" }));
        }),
    ],
  ])("refuses a file %s, and changes nothing", async (_, message, write) => {
    await write();
    const { code, output } = await run("restore", bad, "--replace");
    expect([code, output]).toEqual([1, expect.stringMatching(message)]);
    expect(await readUsers()).toEqual(["ada"]);
    expect(readdirSync(data)).not.toContain("restoring");
  });
});

it("backup and restore refuse to run while the database runs", async () => {
  await withDatabase(async () => {
    const refusal = {
      code: 1,
      output: expect.stringMatching(/in use by process \d+\. Stop that process first/),
    };
    expect(await run("backup", path.join(elsewhere, "other.tar.gz"))).toEqual(refusal);
    expect(await run("restore", file, "--replace")).toEqual(refusal);
  });
  expect(await readUsers()).toEqual(["ada"]);
});

const bad = path.join(elsewhere, "bad.tar.gz");
const LIST = "gatehouse-backup.json";

/** Writes a copy of the backup to `bad` with a change. */
async function repack(change: (inner: string) => void): Promise<void> {
  const inner = path.join(elsewhere, "inner");
  mkdirSync(inner);
  const tar = (...args: string[]) => new Promise((resolve) => execFile("tar", args, resolve));
  await tar("-xzf", file, "-C", inner);
  change(inner);
  await tar("-czf", bad, "-C", inner, ".");
  rmSync(inner, { recursive: true });
}
