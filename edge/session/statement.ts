import { MAX_SESSION_DATA_LENGTH } from "../../lib/auth/cookie-budget";
import { organizations } from "../../lib/organizations";
import { userFields } from "../../lib/token/claims";

/** How a column is read. The properties are those of Better Auth's `additionalFields`. */
export interface StoredField {
  readonly type: unknown;
  /** The column, if it has another name than the field. */
  readonly fieldName?: string;
  /** `false`: Better Auth never returns the field, so it is not read. */
  readonly returned?: boolean;
  readonly bigint?: boolean;
  /** Changes the value after it has been read. The result may be a promise. */
  readonly transform?: { readonly output?: (value: never) => unknown };
}

export type Fields = Readonly<Record<string, StoredField>>;

/**
 * A text that the database cuts to the maximum length of the cookie cache, so that an image of 5 MB
 * is not sent over the network. This does not change the result: with such a text there is no cookie
 * cache (`lib/auth/cookie-budget.ts`), and the token contains less of the name and the email
 * (`lib/token/contract.ts`).
 */
const boundedText = { type: "string", bounded: true } as const;
const text = { type: "string" } as const;
const date = { type: "date" } as const;

/** What the lookup of a session reads. */
export interface Schema {
  /** The columns of the user table. */
  readonly user: Fields;
  /** Whether sessions have an active organisation (`lib/organizations.ts`). */
  readonly organizations: boolean;
}

/** Better Auth's session table. `tests/system/session-store.test.ts` compares it with its schema. */
export const sessionFields = {
  id: text,
  expiresAt: date,
  token: text,
  createdAt: date,
  updatedAt: date,
  ipAddress: boundedText,
  userAgent: boundedText,
  userId: text,
} satisfies Fields;

/** What a session has in addition with Better Auth's `organization` plugin. */
export const organizationSessionFields = { activeOrganizationId: text } satisfies Fields;

/** The columns that are read of the active organisation, and of the membership in it. */
export const organizationFields = { id: text, slug: boundedText } satisfies Fields;
export const memberFields = { role: boundedText } satisfies Fields;

export function sessionFieldsOf({ organizations }: Schema): Fields {
  return organizations ? { ...sessionFields, ...organizationSessionFields } : sessionFields;
}

/** Better Auth's user table, with the columns of custom claims. */
export const userTableFields: Fields = {
  id: text,
  name: boundedText,
  email: boundedText,
  emailVerified: { type: "boolean" },
  image: boundedText,
  createdAt: date,
  updatedAt: date,
  ...(userFields as Fields),
};

/** The tables of this app. */
export const appSchema: Schema = { user: userTableFields, organizations };

/**
 * Builds the statement of the session lookup. It returns at most one row: the session, its user,
 * whether the session has expired, whether it is due for an extension, and the extended session. Each
 * record is one JSON text, in which dates do not depend on the database's settings.
 *
 * | parameter | |
 * |---|---|
 * | `$1` | the session token |
 * | `$2` | now |
 * | `$3` | a session that expires before this time is due; null: do not extend |
 * | `$4` | when an extended session expires |
 *
 * As Better Auth does, it deletes an expired session and extends one that is due. All of it is one
 * statement, so that a session which ends at the same time stays ended: `update` waits for the
 * other transaction, and then finds no row.
 */
export function lookupStatement(schema: Schema): string {
  const session = sessionRecord(schema);
  return `with found as (
  select s."id", s."expiresAt" < $2::timestamptz as expired, s."expiresAt" < $3::timestamptz as due,
    ${session} as "session", ${recordOf("u", schema.user)} as "user"
  from "session" s join "user" u on u."id" = s."userId"
  where s."token" = $1
), deleted as (
  delete from "session" s using found where s."id" = found."id" and s."expiresAt" < $2::timestamptz
), extended as (
  update "session" s set "expiresAt" = $4::timestamptz, "updatedAt" = $2::timestamptz
  from found where s."id" = found."id" and found.due and s."expiresAt" >= $2::timestamptz
  returning ${session} as "session"
)
select found."session", found."user", found.expired, found.due, extended."session"
from found left join extended on true`;
}

/** Every statement that the gate runs. */
export function gateStatements(schema: Schema = appSchema): readonly string[] {
  return [lookupStatement(schema), keyStatement(schema.user)];
}

/** The columns of `apiKey` that the lookup reads (`lib/server/auth/api-keys.ts` has all of them). */
export const keyFields = { id: text, scope: text, expiresAt: date } satisfies Fields;

/**
 * Builds the statement of the lookup of an API key. It returns at most one row: the key and its
 * user. `$1` is the key's hash, `$2` is now.
 *
 * It also writes when the key was last used, at most once a minute. A row that another statement
 * has locked is skipped, so that lookups do not wait for each other.
 */
export function keyStatement(user: Fields): string {
  return `with found as (
  select k."id", ${recordOf("k", keyFields)} as "key", ${recordOf("u", user)} as "user"
  from "apiKey" k join "user" u on u."id" = k."userId"
  where k."hash" = $1 and k."expiresAt" > $2::timestamptz
), used as (
  update "apiKey" set "lastUsedAt" = $2::timestamptz where "id" in (
    select k."id" from "apiKey" k join found on found."id" = k."id"
    where k."lastUsedAt" is null or k."lastUsedAt" <= $2::timestamptz - interval '1 minute'
    for update of k skip locked
  )
)
select "key", "user" from found`;
}

/**
 * The session, and in `org` the active organisation with the user's role, or null. If two requests
 * that accept an invitation at the same time store the membership twice, the older one counts.
 */
function sessionRecord(schema: Schema): string {
  const columns = columnsOf("s", sessionFieldsOf(schema));
  if (!schema.organizations) return jsonOf(columns);
  const org = [...columnsOf("o", organizationFields), ...columnsOf("m", memberFields)];
  const membership = `from "member" m join "organization" o on o."id" = m."organizationId"
    where m."userId" = s."userId" and m."organizationId" = s."activeOrganizationId"
    order by m."createdAt" limit 1`;
  return jsonOf([...columns, `${jsonOf(org, membership)} as "org"`]);
}

function recordOf(table: string, fields: Fields): string {
  return jsonOf(columnsOf(table, fields));
}

/** One JSON object, because a function of Postgres takes no more than 100 arguments. */
function jsonOf(columns: readonly string[], from = ""): string {
  return `(select row_to_json(r) from (select ${columns.join(", ")}${from && ` ${from}`}) r)`;
}

function columnsOf(table: string, fields: Fields): string[] {
  return Object.entries(fields)
    .filter(([, { returned }]) => returned !== false)
    .map(([name, field]) => `${selectionOf(table, name, field)} as ${quote(name)}`);
}

function selectionOf(table: string, name: string, field: StoredField): string {
  const column = `${table}.${quote(field.fieldName ?? name)}`;
  if ("bounded" in field) return `left(${column}, ${MAX_SESSION_DATA_LENGTH})`;
  // JSON.parse would round it. The driver returns it as text, too.
  return field.bigint ? `${column}::text` : column;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
