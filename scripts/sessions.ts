import { DatabaseError } from "pg";
import { main } from "./lib/main";
import { type Pruned, pruneTables } from "./lib/prune-tables";
import { fail, messageOf } from "./lib/user-error";
import { connect, findDatabase } from "./stack/client";

/** Milliseconds between two lines about the same table. */
const REPORT_EVERY = 2_000;

/** `npm run sessions -- prune` deletes the rows of Better Auth's tables that have expired. */
main(async (atEnd) => {
  if (process.argv.slice(2).join(" ") !== "prune") {
    fail("Usage: npm run sessions -- prune   (deletes expired sessions, codes, keys and counts of attempts)");
  }
  const client = await connect(findDatabase());
  atEnd(() => client.end());
  try {
    const results = await pruneTables((text, values) => client.query(text, [...values]), createReport());
    const total = results.reduce((sum, { deleted }) => sum + deleted, 0);
    for (const result of results) console.log(`✓ ${describe(result)}`);
    console.log(`${count(total)} rows deleted.`);
  } catch (error) {
    fail(`${explain(error)} What was deleted until now stays deleted: run the command again.`);
  }
});

/** Prints a line now and then, so that a large table shows that it makes progress. */
function createReport(): (progress: Pruned) => void {
  let printedAt = Date.now();
  return (progress) => {
    if (Date.now() - printedAt < REPORT_EVERY) return;
    printedAt = Date.now();
    console.log(`• ${describe(progress)}`);
  };
}

function describe({ table, read, deleted }: Pruned): string {
  return `${table}: ${count(deleted)} of ${count(read)} rows deleted`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** Postgres's code 42P01: undefined_table. */
function explain(error: unknown): string {
  const message = messageOf(error);
  const isMissing = error instanceof DatabaseError && error.code === "42P01";
  return isMissing
    ? `A table is missing (${message}): run \`npm run migrate\`.`
    : `The database failed: ${message}.`;
}
