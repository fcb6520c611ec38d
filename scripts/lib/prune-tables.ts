/** Runs one statement in its own transaction, and resolves to its rows. */
export type RunStatement = (
  text: string,
  values: readonly unknown[],
) => Promise<{ readonly rows: readonly Record<string, unknown>[]; readonly rowCount: number | null }>;

/** What was done in one table. */
export interface Pruned {
  readonly table: string;
  readonly read: number;
  readonly deleted: number;
}

/** Rows that one statement reads, and deletes at most. */
const BATCH = 1_000;

/**
 * Rows are kept for a day after they have expired: the owner of an expired API key still sees it in
 * the list, and a program learns that its code has expired.
 */
const DAY_AGO = "now() - interval '1 day'";

/** The tables with rows that expire, and which rows have. */
export const EXPIRING_TABLES: Readonly<Record<string, string>> = {
  session: `"expiresAt" < ${DAY_AGO}`,
  verification: `"expiresAt" < ${DAY_AGO}`,
  deviceCode: `"expiresAt" < ${DAY_AGO}`,
  apiKey: `"expiresAt" < ${DAY_AGO}`,
  // It holds the end of a window, in milliseconds (lib/server/auth/attempt-counter.ts).
  rateLimit: `"lastRequest" < extract(epoch from ${DAY_AGO}) * 1000`,
};

/**
 * Deletes the rows that have expired, table by table, in batches. `report` gets the counts of a table
 * after each batch. It is safe to interrupt and to repeat, and while the app runs.
 *
 * Each table is read once, in the order of its primary key, because no table has an index on the
 * time. Each batch is two short statements. No row is locked that has not expired, and a row that
 * another transaction has locked is skipped, so nothing waits for another.
 */
export async function pruneTables(run: RunStatement, report: (progress: Pruned) => void): Promise<Pruned[]> {
  const results: Pruned[] = [];
  for (const [table, expired] of Object.entries(EXPIRING_TABLES)) {
    results.push(await pruneTable(run, table, expired, report));
  }
  return results;
}

async function pruneTable(
  run: RunStatement,
  table: string,
  expired: string,
  report: (progress: Pruned) => void,
): Promise<Pruned> {
  let progress: Pruned = { table, read: 0, deleted: 0 };
  let after = "";
  for (;;) {
    const batch = `select id from "${table}" where id > $1 order by id limit ${BATCH}`;
    const { rows } = await run(`select max(id) as last, count(*) as read from (${batch}) as batch`, [after]);
    const { last, read } = rows[0] as { last: string | null; read: string };
    if (last === null) return progress;
    const chosen = `select id from "${table}" where id > $1 and id <= $2 and ${expired} for update skip locked`;
    const { rowCount } = await run(`delete from "${table}" where id = any(array(${chosen}))`, [after, last]);
    progress = { table, read: progress.read + Number(read), deleted: progress.deleted + (rowCount ?? 0) };
    after = last;
    report(progress);
  }
}
