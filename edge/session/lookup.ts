import { sessionLifetime } from "../../lib/auth/session-lifetime";
import type { UserRecord } from "../../lib/token/claims";
import type { Organization } from "../../lib/token/contract";
import type { RunQuery } from "./neon";
import { appSchema, type Fields, lookupStatement, type Schema, sessionFieldsOf } from "./statement";

/** A session as Better Auth returns it. */
export interface SessionRecord {
  readonly id: string;
  readonly token: string;
  readonly expiresAt: Date;
  readonly createdAt: Date;
  readonly [field: string]: unknown;
}

export interface FoundSession {
  readonly session: SessionRecord;
  readonly user: UserRecord;
  /** The active organisation, if the user is a member of it. */
  readonly org: Organization | undefined;
  /** Whether this lookup has extended the session. */
  readonly isExtended: boolean;
}

/**
 * Looks up the session with this raw session token, and extends it if that is due. `now` is in
 * milliseconds since the epoch. Undefined: there is no such session, it has expired, or it ended
 * during the lookup.
 *
 * @throws if the database fails, or if its result is not the expected one
 */
export type LookUp = (
  token: string,
  now: number,
  options: { extend: boolean },
) => Promise<FoundSession | undefined>;

interface StoredSession extends SessionRecord {
  /** Null: no organisation is active, or the user is not a member of it. */
  readonly org?: Organization | null;
}

/** The boolean `true` in Postgres's text format. */
const TRUE = "t";

/** Tests pass a schema of their own. */
export function createLookup(runQuery: RunQuery, schema: Schema = appSchema): LookUp {
  const statement = lookupStatement(schema);
  const sessionFields = sessionFieldsOf(schema);

  return async (token, now, { extend }) => {
    const [row] = await runQuery(statement, [token, ...timesOf(now, extend)]);
    if (!row) return undefined;
    const [session, owner, expired, due, extended] = row;
    if (expired === TRUE) return undefined;
    // The session was due and is not extended: it has ended since this statement began.
    if (due === TRUE && !extended) return undefined;
    const { org, ...record } = (await readRecord(extended ?? session, sessionFields)) as StoredSession;
    return {
      session: record as SessionRecord,
      user: (await readRecord(owner, schema.user)) as UserRecord,
      org: org ?? undefined,
      isExtended: Boolean(extended),
    };
  };
}

/** The parameters `$2` to `$4` of the statement. */
function timesOf(now: number, extend: boolean): (string | null)[] {
  const { expiresIn, updateAge } = sessionLifetime;
  const at = (ms: number) => new Date(ms).toISOString();
  if (!extend) return [at(now), null, null];
  // Postgres stores microseconds. Better Auth compares whole milliseconds, with <=.
  const dueBefore = now + (expiresIn - updateAge) * 1000 + 1;
  return [at(now), at(dueBefore), at(now + expiresIn * 1000)];
}

/** Gives each value the type that Better Auth gives it. JSON has all of them except dates. */
export async function readRecord(json: string | null | undefined, fields: Fields): Promise<object> {
  const record: Record<string, unknown> = JSON.parse(json ?? "");
  for (const [name, value] of Object.entries(record)) {
    const { type, transform } = fields[name] ?? {};
    if (type === "date" && value !== null) record[name] = readDate(value);
    if (transform?.output) record[name] = await transform.output(record[name] as never);
  }
  return record;
}

function readDate(value: unknown): Date {
  const date = new Date(String(value));
  if (Number.isNaN(date.getTime())) throw new Error("the database's response holds an invalid date");
  return date;
}
