import pg from "pg";
import { sessionToken, signCookieCache, signSessionToken } from "../stack/signing";
import { type Case, type DatabaseName, type Databases, MANY } from "./case";

/**
 * Sessions for the measurements: rows in the store, and cookies signed as Better Auth signs them.
 */

export const USER_ID = "bench-user";

/** Adds one user to the store, with one session for each token. */
export async function storeSessions(databaseUrl: string, tokens: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      `insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
       values ($1, 'Ada', $2, true, now(), now()) on conflict do nothing`,
      [USER_ID, "ada@example.com"],
    );
    await client.query(
      `insert into session (id, token, "userId", "expiresAt", "createdAt", "updatedAt")
       select 'session-of-' || token, token, $1, now() + interval '7 days', now(), now() from unnest($2::text[]) token`,
      [USER_ID, tokens.map(sessionToken)],
    );
  } finally {
    await client.end();
  }
}

/**
 * The `Cookie` header of a visitor. `cached`: with the cookie cache, so that no lookup in the store
 * is needed.
 */
export async function cookieHeader(
  token: string,
  { secure, cached }: { secure: boolean; cached: boolean },
): Promise<string> {
  const start = `${secure ? "__Secure-" : ""}better-auth`;
  const session = `${start}.session_token=${await signSessionToken(token)}`;
  if (!cached) return session;
  const data = await signCookieCache({
    token,
    updatedAt: Date.now(),
    maxAgeSeconds: 3600,
    userId: USER_ID,
  });
  return `${session}; ${start}.session_data=${data}`;
}

/** The headers that a browser sends when a page calls the backend. */
export function browserHeaders(cookie: string): Record<string, string> {
  return {
    accept: "application/json",
    "accept-encoding": "gzip, deflate, br, zstd",
    "accept-language": "en-GB,en;q=0.9",
    "cache-control": "no-cache",
    cookie,
    referer: "https://gatehouse.example/dashboard",
    "sec-ch-ua": '"Chromium";v="140", "Not=A?Brand";v="24"',
    "sec-ch-ua-mobile": "?0",
    "sec-ch-ua-platform": '"Linux"',
    "sec-fetch-dest": "empty",
    "sec-fetch-mode": "cors",
    "sec-fetch-site": "same-origin",
    "user-agent":
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
  };
}

/** Returns the `Cookie` header of the next request. */
export type Cookies = () => string;
export type CookiesOf = (it: Case) => Cookies;

/**
 * Gives each case its cookies: always the same visitor's, a new visitor's each time, or first those
 * of very many visitors and then those of the last of them in turn.
 */
export async function prepareVisitors(
  cases: readonly Case[],
  databases: Databases,
  count: (it: Case) => number,
): Promise<CookiesOf> {
  const known = await cookieHeader("known", { secure: true, cached: true });
  const stored: Record<DatabaseName, string[]> = { PGlite: [], PostgreSQL: [] };
  const cookies = new Map<Case, string[]>();
  for (const it of cases) {
    if (it.visitor === "known") continue;
    const visitors = it.visitor === "one of many" ? MANY.seen : count(it);
    const tokens = Array.from({ length: visitors }, (_, i) => `${it.name} ${i}`.replaceAll(/[ ,]+/g, "-"));
    const cached = it.visitor !== "new, only in the store";
    if (!cached) stored[it.database].push(...tokens);
    cookies.set(it, await Promise.all(tokens.map((token) => cookieHeader(token, { secure: true, cached }))));
  }
  await storeSessions(databases.PGlite.url, stored.PGlite);
  await storeSessions(databases.PostgreSQL.url, stored.PostgreSQL);
  return (it) => {
    const own = cookies.get(it);
    if (!own) return () => known;
    if (it.visitor === "one of many") return manyThenTheLast(own);
    return () => {
      const cookie = own.pop();
      if (!cookie) throw new Error(`${it.name}: no visitors left`);
      return cookie;
    };
  };
}

function manyThenTheLast(cookies: readonly string[]): Cookies {
  let n = 0;
  return () => {
    const at = n < MANY.seen ? n : MANY.seen - 1 - (n % MANY.active);
    n++;
    return cookies[at] as string;
  };
}
