import { type DatabaseAddress, isNeonHost } from "../../lib/database-protocol";
import type { StartTimer } from "../util/single-flight";

/** A database that has not responded after this time counts as unreachable. Milliseconds. */
const TIMEOUT = 5_000;

/** What the driver tells Postgres about itself, unless the connection string has a name. */
const APPLICATION_NAME = "pkg:npm/%40neondatabase/serverless@1.2.0";

/** The code of a Postgres error, such as 42P01 for a table that does not exist. */
const SQLSTATE = /^[0-9A-Z]{5}$/;
/** A code of the listener of this app's server or of Node, such as ECONNREFUSED. */
const OTHER_CODE = /^[A-Z][0-9A-Z_]{5,40}$/;

export interface QueryEffects {
  readonly fetch: typeof fetch;
  readonly startTimer: StartTimer;
}

/** The rows of a result, each value in Postgres's text format. */
export type Rows = readonly (readonly (string | null)[])[];

/**
 * Runs one SQL statement.
 *
 * @throws {Error} if the database does not respond within 5 seconds, responds with an error, or
 * with something that is not a result. The error never contains the connection string.
 */
export type RunQuery = (query: string, params: readonly (string | null)[]) => Promise<Rows>;

/**
 * Speaks Neon's HTTP protocol with the one request that `@neondatabase/serverless` sends for a
 * query. The driver itself would add 44 kB to the middleware's script
 * (docs/decisions/012-what-is-in-the-script.md). `tests/quick/edge/session/neon.test.ts` compares
 * the request with that of the installed driver.
 */
export function createNeonQuery(
  { databaseUrl, neonEndpoint }: DatabaseAddress,
  effects: QueryEffects,
): RunQuery {
  let target: NeonTarget | undefined;

  return async (query, params) => {
    target ??= neonTarget(databaseUrl, neonEndpoint);
    const { url, headers } = target;
    const abort = new AbortController();
    let isLate = false;
    const stopTimer = effects.startTimer(TIMEOUT, () => {
      isLate = true;
      abort.abort();
    });
    try {
      const response = await effects.fetch(url, {
        method: "POST",
        headers,
        body: JSON.stringify({ query, params }),
        // Attack: a redirect would send the database's password to another host.
        redirect: "manual",
        signal: abort.signal,
      });
      if (response.status !== 200) throw await failureOf(response);
      return rowsIn(parseJson(await response.text()));
    } catch (error) {
      if (isLate) throw new Error(`the database did not respond within ${TIMEOUT / 1000} seconds`);
      throw error;
    } finally {
      stopTimer();
    }
  };
}

export interface NeonTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Where the driver sends a query, and its headers.
 *
 * @param databaseUrl a Postgres connection string
 * @param neonEndpoint the origin of an endpoint that speaks Neon's protocol, if not Neon itself
 */
export function neonTarget(databaseUrl: string, neonEndpoint: string | undefined): NeonTarget {
  // Some URL parsers parse user, host and port only for a scheme that they know, so the driver
  // replaces the scheme.
  const scheme = databaseUrl.slice(0, databaseUrl.indexOf(":") + 1);
  const parsable = `http:${databaseUrl.slice(scheme.length)}`;
  // `new URL` would repeat the connection string in its error.
  if (!URL.canParse(parsable)) throw new Error("DATABASE_URL cannot be parsed as the driver parses it");
  const url = new URL(parsable);
  const { searchParams } = url;
  if (!searchParams.has("application_name")) searchParams.append("application_name", APPLICATION_NAME);
  const endpoint = neonEndpoint ?? neonApi(url.hostname);
  return {
    url: `${endpoint}/sql`,
    headers: {
      "Neon-Connection-String": `postgresql:${url.href.slice("http:".length)}`,
      "Neon-Raw-Text-Output": "true",
      "Neon-Array-Mode": "true",
    },
  };
}

/** A mistake here would send the password to a host that the connection string does not name. */
function neonApi(host: string): string {
  if (!isNeonHost(host))
    throw new Error("the database is not Neon's, and the server has not started its listener");
  return `https://${host.replace(/^[^.]+\./, "api.")}`;
}

/** The error contains only the code of the body: the rest may repeat values of the request. */
async function failureOf(response: Response): Promise<Error> {
  const body = parseJson(await response.text());
  const code = typeof body === "object" && body !== null && "code" in body ? String(body.code) : "";
  const detail = SQLSTATE.test(code)
    ? ` and Postgres's error code ${code}`
    : OTHER_CODE.test(code)
      ? ` and the code ${code}`
      : "";
  return new Error(`the database responded with status ${response.status}${detail}`);
}

/** Undefined if the text is not JSON. The error of `JSON.parse` would repeat a part of it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function rowsIn(body: unknown): Rows {
  const rows = typeof body === "object" && body !== null && "rows" in body ? body.rows : undefined;
  if (!Array.isArray(rows) || !rows.every(isRow)) throw new Error("the database's response holds no rows");
  return rows;
}

function isRow(row: unknown): row is (string | null)[] {
  return Array.isArray(row) && row.every((value) => value === null || typeof value === "string");
}
