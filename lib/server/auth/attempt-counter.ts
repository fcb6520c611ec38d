import "server-only";
import type { Query } from "./database";
import { WINDOW_SECONDS } from "./endpoints";

/** One attempt that has been counted. */
export interface Attempt {
  readonly key: string;
  readonly allowed: boolean;
  /** When the window ends, by the database's clock. Milliseconds since the epoch. */
  readonly windowEnd: number;
  /** Seconds until then, at least 1. */
  readonly retryAfter: number;
}

/**
 * Milliseconds since the epoch at the start of the statement. The database's clock is the same for
 * all instances.
 */
const NOW = "(extract(epoch from now()) * 1000)::bigint";

/**
 * Milliseconds. Statements that wait for the same row can run in another order than they started,
 * so a window may start slightly after "now". A window that starts later than this was left by a
 * clock that was set back.
 */
const SLACK = 5_000;

/**
 * SQL: whether the window of the row `held` is still open. $2 is the length of a window in
 * milliseconds.
 */
const OPEN = `held."lastRequest" > ${NOW} and held."lastRequest" <= ${NOW} + $2::bigint + ${SLACK}`;

/**
 * Uses Better Auth's table, so that no deployment needs another migration. `lastRequest` holds the
 * end of the window. $3 is the number of attempts that are allowed. The count stops at $3 + 1.
 */
const COUNT = `
  insert into "rateLimit" as held (id, key, count, "lastRequest")
  values (gen_random_uuid()::text, $1, 1, ${NOW} + $2::bigint)
  on conflict (key) do update set
    count = case when ${OPEN} then least(held.count + 1, $3::int + 1) else 1 end,
    "lastRequest" = case when ${OPEN} then held."lastRequest" else excluded."lastRequest" end
  returning count, "lastRequest" as window_end, "lastRequest" - ${NOW} as rest`;

const TAKE_BACK = `
  update "rateLimit" set count = greatest(count - 1, 0) where key = $1 and "lastRequest" = $2::bigint`;

/** Skips rows that another statement has locked. */
const DELETE_ENDED = `
  delete from "rateLimit" where id in
    (select id from "rateLimit" where "lastRequest" <= ${NOW} limit 100 for update skip locked)`;

/** Claims a new key, or one whose time has ended. $2: milliseconds. */
const CLAIM = `
  insert into "rateLimit" as held (id, key, count, "lastRequest")
  values (gen_random_uuid()::text, $1, 1, ${NOW} + $2::bigint)
  on conflict (key) do update set "lastRequest" = excluded."lastRequest"
    where held."lastRequest" <= ${NOW}
  returning key`;

const KEEP = `update "rateLimit" set "lastRequest" = ${NOW} + $2::bigint where key = $1`;

const RELEASE = `delete from "rateLimit" where key = $1`;

/**
 * Counts attempts in the database, for all instances together. Each statement is atomic. Every
 * function rejects if the database cannot be reached: an attempt that could not be counted must not
 * be allowed.
 */
export function createAttemptCounter(query: Query) {
  return {
    /**
     * Counts one attempt. At most `max` attempts are allowed in a window of `WINDOW_SECONDS`. A
     * later attempt never extends the window.
     */
    async count(key: string, max: number): Promise<Attempt> {
      const [row] = await query(COUNT, [key, WINDOW_SECONDS * 1000, max]);
      const count = Number(row?.count);
      // Each new row also deletes ended ones, so the table holds little more than the open windows.
      if (count === 1) await query(DELETE_ENDED, []);
      return {
        key,
        allowed: count <= max,
        windowEnd: Number(row?.window_end),
        retryAfter: Math.max(1, Math.ceil(Number(row?.rest) / 1000)),
      };
    },

    /** Removes an attempt from the count, unless its window has ended meanwhile. */
    async takeBack({ key, windowEnd }: Attempt): Promise<void> {
      await query(TAKE_BACK, [key, windowEnd]);
    },

    /**
     * Whether the caller is the first to use this key. The claim ends after `seconds`, unless it is
     * kept.
     */
    async claim(key: string, seconds: number): Promise<boolean> {
      return (await query(CLAIM, [key, seconds * 1000])).length > 0;
    },

    /** Keeps a claim for `seconds` from now. */
    async keep(key: string, seconds: number): Promise<void> {
      await query(KEEP, [key, Math.round(seconds * 1000)]);
    },

    /** Releases a claim, so that the next caller can have it. */
    async release(key: string): Promise<void> {
      await query(RELEASE, [key]);
    },
  };
}

export type AttemptCounter = ReturnType<typeof createAttemptCounter>;
