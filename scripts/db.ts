import { spawnSync } from "node:child_process";
import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { Client } from "pg";
import { readClientConfig } from "../lib/server/postgres/client-config";
import { readSettings } from "./lib/env-file";
import { formatResult } from "./lib/format-result";
import { main } from "./lib/main";
import { fail, messageOf } from "./lib/user-error";
import { readRunningStack } from "./stack/running-stack";

/** Runs SQL on the database of the running stack: an argument, the standard input, or a shell. */
main(async (atEnd) => {
  const databaseUrl = findDatabase();
  const statements = process.argv.slice(2).join(" ");
  if (runPsql(databaseUrl, statements)) return;
  const client = await connect(databaseUrl);
  atEnd(() => client.end());
  if (statements) return run(client, statements);
  if (!process.stdin.isTTY) return run(client, await text(process.stdin));
  await runShell(client);
});

/** The environment has priority, as for the other commands. */
function findDatabase(): string {
  const databaseUrl =
    process.env.DATABASE_URL || readRunningStack().DATABASE_URL || readSettings().DATABASE_URL;
  return (
    databaseUrl ??
    fail("No database runs. Start it with `npm run up` in another terminal, or set DATABASE_URL.")
  );
}

/** Runs psql, if it is installed. Its exit code becomes that of this process. */
function runPsql(databaseUrl: string, statements: string): boolean {
  const url = new URL(databaseUrl);
  const password = decodeURIComponent(url.password);
  // Other users of this machine can read arguments, but not the environment.
  url.password = "";
  const { error, status } = spawnSync(
    "psql",
    [
      ...["--no-psqlrc", "--set=ON_ERROR_STOP=1", `--dbname=${url.href}`],
      ...(statements ? [`--command=${statements}`] : []),
    ],
    { stdio: "inherit", env: { ...process.env, PGPASSWORD: password } },
  );
  if (error) return false;
  process.exitCode = status ?? 1;
  return true;
}

async function connect(databaseUrl: string): Promise<Client> {
  // Values stay as the database sends them.
  const types = { getTypeParser: () => (value: unknown) => value };
  const client = new Client({ ...readClientConfig(databaseUrl), types: types as never });
  try {
    await client.connect();
    return client;
  } catch (error) {
    const { host, pathname } = new URL(databaseUrl);
    return fail(
      `The database at ${host}${pathname} cannot be reached (${messageOf(error)}). Is \`npm run up\` still running?`,
    );
  }
}

/** @throws {UserError} with the database's error */
async function run(client: Client, statements: string): Promise<void> {
  try {
    const results = await client.query({ text: statements, rowMode: "array" });
    for (const result of [results].flat()) console.log(formatResult(result));
  } catch (error) {
    fail(`error: ${messageOf(error)}`);
  }
}

async function runShell(client: Client): Promise<void> {
  console.log("End each statement with ;  Leave with Ctrl-D.");
  const shell = createInterface({ input: process.stdin, output: process.stdout, prompt: "sql> " });
  let statement = "";
  shell.prompt();
  for await (const line of shell) {
    statement += `${line}\n`;
    if (line.trimEnd().endsWith(";")) {
      await run(client, statement).catch((error: unknown) => console.error(messageOf(error)));
      statement = "";
    }
    shell.setPrompt(statement.trim() ? "  -> " : "sql> ");
    shell.prompt();
  }
}
