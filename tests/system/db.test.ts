import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../scripts/lib/ports";
import { type Database, startDatabase } from "../../scripts/stack/test-stack";

const hasPsql = spawnSync("psql", ["--version"]).status === 0;

let database: Database;
/** A folder for PATH without psql. */
const bin = mkdtempSync(path.join(tmpdir(), "gatehouse-bin-"));

beforeAll(async () => {
  database = await startDatabase();
  symlinkSync(process.execPath, path.join(bin, "node"));
});
afterAll(async () => {
  await database?.stop();
  rmSync(bin, { recursive: true, force: true });
});

/** Not `spawnSync`: the database runs in this process. */
async function db(args: readonly string[], input: string, env: Record<string, string>) {
  const { HOME = "" } = process.env;
  const child = spawn(process.execPath, ["scripts/run.mjs", "db", ...args], {
    env: { HOME, ...env } as never,
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (output.stdout += chunk));
  child.stderr.on("data", (chunk) => (output.stderr += chunk));
  child.stdin.end(input);
  const status = await new Promise((resolve) => child.on("close", resolve));
  return { ...output, status };
}

describe("npm run db without psql", () => {
  const run = (args: readonly string[], input = "") =>
    db(args, input, { PATH: bin, DATABASE_URL: database.url });

  it("runs the statement of its argument and prints a table", async () => {
    expect(await run(["select 1 as one, null as nothing, 'a b' as text"])).toEqual({
      status: 0,
      stderr: "",
      stdout: "one | nothing | text\n----+---------+-----\n1   | null    | a b\n(1 row)\n",
    });
  });

  it("runs the statements of its standard input, each with its result", async () => {
    const input = "create table notes (id int);\ninsert into notes values (1), (2);\nselect * from notes;";
    expect(await run([], input)).toEqual({
      status: 0,
      stderr: "",
      stdout: "CREATE\nINSERT 2\nid\n--\n1\n2\n(2 rows)\n",
    });
  });

  it("prints the database's error, and exits with 1", async () => {
    expect(await run(["select * from nowhere"])).toEqual({
      status: 1,
      stdout: "",
      stderr: 'error: relation "nowhere" does not exist\n',
    });
  });

  it("explains that the database cannot be reached", async () => {
    const DATABASE_URL = `postgresql://postgres:secret@127.0.0.1:${await freePort()}/postgres`;
    const { status, stderr } = await db(["select 1"], "", { PATH: bin, DATABASE_URL });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^The database at 127\.0\.0\.1:\d+\/postgres cannot be reached \(.*ECONNREFUSED.*\)/,
    );
    expect(stderr).not.toMatch(/secret|^ +at /m);
  });
});

it("explains an address that cannot be parsed, without the password", async () => {
  const DATABASE_URL = "postgresql://postgres:se/cret@127.0.0.1/postgres";
  const { status, stdout, stderr } = await db(["select 1"], "", { PATH: bin, DATABASE_URL });
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^DATABASE_URL: /);
  expect(stderr).not.toContain("cret");
});

describe.runIf(hasPsql)("npm run db with psql", () => {
  const run = (args: readonly string[], input = "") =>
    db(args, input, { PATH: `${process.env.PATH}`, DATABASE_URL: database.url });

  it("runs the statement of its argument", async () => {
    const { status, stdout } = await run(["select 40 + 2 as result"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/result[\s\S]*42[\s\S]*\(1 row\)/);
  });

  it("stops at the first error of its standard input", async () => {
    const { status, stdout, stderr } = await run([], "select * from nowhere; select 'second';");
    expect(status).not.toBe(0);
    expect(stderr).toContain('relation "nowhere" does not exist');
    expect(stdout).not.toContain("second");
  });
});
